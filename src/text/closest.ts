/** "Did you mean …?" for misspelled inputs. */

/**
 * The candidate that begins or ends with all words of a compound (`session-name`); otherwise the one with the smallest edit
 * distance, if that is small enough for a typo (a third of the candidate's length).
 */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const plain = word.replaceAll('_', '-')
  const longer = word.includes('-')
    ? candidates.find((candidate) => candidate.endsWith(`-${word}`) || candidate.startsWith(`${word}-`))
    : undefined
  if (longer !== undefined) return longer
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(plain, candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance)
  return ranked[0]?.candidate
}

/** True for words that differ in one or two letters. */
export function differsLittle(word: string, candidate: string): boolean {
  return editDistance(word, candidate) <= 2
}

/** Levenshtein's distance; both words are cut to 64 characters. */
function editDistance(from: string, to: string): number {
  const a = from.slice(0, 64)
  const b = to.slice(0, 64)
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
