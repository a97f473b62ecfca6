/** Text from a token in a policy, where `${`, `*` and `?` would mean something else. */

/**
 * A policy document takes no other characters. Control and invisible characters, and the beginning of a command of the
 * runner, are not printed as they are either.
 * Source: IAM user guide, "IAM name requirements".
 */
const NOT_TAKEN = /[^\u0020-\u007e\u00a1-\u00ac\u00ae-\u00ff]|(?<=##)\[/gu

/** True when the text can stand in a policy as it is. */
export function takes(text: string): boolean {
  return text.search(NOT_TAKEN) < 0
}

/** For operators without wildcards: `${` does not begin a variable. */
export function literal(text: string): string {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM's syntax, not JavaScript's
  return text.replaceAll('${', '${$}{')
}

/** For operators with wildcards: matches exactly this text, except for characters that a policy cannot contain. */
export function literalPattern(text: string): string {
  // `$` before `{`, and both wildcards, are written as IAM's `${$}`, `${*}` and `${?}`.
  const escaped = text.replaceAll(/\$(?=\{)|[*?]/g, (character) => `$\{${character}}`)
  return escaped.replaceAll(NOT_TAKEN, '?')
}
