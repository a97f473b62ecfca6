/** The code of git's credential helper: one line of POSIX shell that starts no other program. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell code.
import { DEFAULT_HUB } from '../../hub/pages.ts'
import { GIT_USES, gitAnswerVariable } from '../own-variables.ts'

/** The function that the code defines. Its arguments: the origin that it answers for, and git's action. */
export const HELPER_FUNCTION = 'hf_oidc_git'

/** The Hub's short name, which a remote may use: the token is never sent there, and nothing else may be either. */
export const SHORT_HUB = 'https://hf.co'

/** `HF_OIDC_GIT_ANSWER_`, without a number. */
const ANSWER = gitAnswerVariable(0).slice(0, -1)

/** Prints the answer, and ends the function if there is one. */
const ANSWERED = [
  'if test -f "$file" && test -r "$file"',
  `then while IFS= read -r line; do printf '%s\\n' "$line"; answered=1; done < "$file"; fi`,
  'if test -n "$answered"; then return 0; fi',
].join('; ')

/**
 * Answers with the token of the use whose prefix of the URL is the longest, or the later one of two equal ones. A request
 * for the host alone, as git-xet sends it, is answered if one use has given git a token there. Everything else stops git
 * (`quit=1`): otherwise it would ask a person, or a program that may wait for one. `store` and `erase` do nothing.
 *
 * Names on the Hub have few characters, so that a path with others (`..` among them) gets no token. `LC_ALL=C`: a path may
 * be of any bytes. `printf`, `test` and `read` belong to the shell, so that no argument of a program holds the token.
 */
export const HELPER_CODE = [
  `${HELPER_FUNCTION}() { test "$2" = get || return 0`,
  'LC_ALL=C; path=; use=; uses=0; only=; best=; length=0; answered=',
  'while IFS= read -r line; do case $line in path=*) path=${line#path=};; esac; done',
  'url=$1${path:+/$path}; set -f; IFS=" |"',
  `for word in $${GIT_USES}; do case $word in ${[
    '"$1"|"$1"/*) if test "$only" != "$use"; then only=$use; uses=$((uses+1)); fi; case $url in "$word"|"$word"/*) if test ${#word} -ge $length; then best=$use; length=${#word}; fi;; esac',
    '*[!0-9]*) ',
    '*) use=$word',
  ].join(';; ')};; esac; done`,
  'if test -z "$path"; then best=; if test $uses = 1; then best=$only; fi; fi',
  'case $path in *[!A-Za-z0-9._/-]*) best=; url="this URL";; esac',
  'case /$path in *//?*|*/./*|*/../*|*/.|*/..) best=;; esac',
  'why="the token of this job does not reach that repository. Names must match exactly (case-sensitive)."',
  `if test "$1" = ${SHORT_HUB}; then why="use ${DEFAULT_HUB} instead."; url=$1; fi`,
  'if test -z "$path" && test $uses -gt 1; then why="there are several tokens, and none is for the host alone."; fi',
  `if test -n "$best"; then eval "file=\\$${ANSWER}$best"; ${ANSWERED}; why="the file $file is missing, empty, or unreadable for this user."; fi`,
  `printf 'hf-oidc-action: git has no token for %s: %s\\n' "$url" "$why" >&2`,
  "printf 'quit=1\\n'; }",
].join('; ')
