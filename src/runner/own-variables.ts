/** What one use of the action tells the next one in the same job. */

/** The variable that lists which variables of the job this action set. */
export const OWN_VARIABLES = 'HF_OIDC_VARIABLES'

/** The variable that lists the URL prefixes that this action gave Git a token for: separated by spaces, uses by `|`. */
export const GIT_USES = 'HF_OIDC_GIT'
