/** What a secret held before a rotation recorded a proof in it. */
export function withoutProof(text: string): string {
  return text.replace(/, ?"\w+_proof":"(?:[^"\\]|\\.)*"/, '')
}
