/** What the runner hides in the log. */

export class Masks {
  /** Everything that was given to `add-mask`, in order. */
  readonly values: string[] = []
  /** The values and their single lines: what is searched for, longest first. */
  #needles: string[] = []

  add(value: string): void {
    if (value.trim() === '') return
    this.values.push(value)
    const lines = value.split(/[\r\n]+/).filter((line) => line.trim() !== '')
    this.#needles = [...new Set([...this.#needles, value, ...lines])].sort((a, b) => b.length - a.length)
  }

  /** The text with every masked value replaced by `***`. */
  apply(text: string): string {
    return this.#needles.reduce((masked, needle) => masked.replaceAll(needle, '***'), text)
  }
}
