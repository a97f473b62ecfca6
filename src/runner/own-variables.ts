/** Variables that one use of the action leaves for the next in the same job. */

/** The variable that tells a later use of this action in the same job which variables are ours. */
export const OWN_VARIABLES = 'HF_OIDC_VARIABLES'
