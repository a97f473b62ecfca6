/** What one use of the action tells the next one in the same job. */

/** The variable that lists which variables of the job this action set. */
export const OWN_VARIABLES = 'HF_OIDC_VARIABLES'
