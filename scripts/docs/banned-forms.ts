/** The glossary: what the project does not say, and what it says instead. CONTRIBUTING.md shows this table. */

export interface BannedForm {
  /** Examples of it, as the glossary shows them. */
  not: readonly string[]
  say: string
  /** Finds it in every inflection. Where it finds something that is right, make it narrower: there are no exceptions. */
  pattern: RegExp
}

export const BANNED_FORMS: readonly BannedForm[] = [
  // The life of a token.
  {
    not: ['it ends on 1 May', 'the token ends'],
    say: 'it expires on 1 May; the token expires',
    pattern:
      /\bend(?:s|ed) on\b|\b(?:tokens?|it|they|which|that) (?:already |never |does not |do not )?end(?:s|ed)? (?:on|at|after|before|earlier|sooner|within|with|in post|by itself|ahead)\b|\btokens? (?:still )?ends?\b|\buntil (?:it|they) ends?\b|\bhas ended\b/i,
  },
  { not: ['end date'], say: 'expiry date', pattern: /\bend dates?\b/i },
  {
    not: ['comes to its end', 'lives to its end', 'begins its end'],
    say: 'expires; is valid until it expires; starts the grace period',
    pattern: /\b(?:to|by|from|gets?|begins?|until|till) (?:its|their) (?:own )?end\b|\b(?:token|tokens)['’]s? end\b/i,
  },
  {
    not: ['its time is over', 'the grace is over'],
    say: 'it has expired; the grace period has passed',
    pattern: /\b(?:time|limit|grace)\b[^.;|\n]{0,30}\b(?:is|are|was) over\b/i,
  },
  {
    not: ['take back the token', 'it was taken back'],
    say: 'revoke the token; it was revoked (or: removed, cleaned up)',
    pattern: /\b(?:take|takes|taken|took|taking)\b(?: \S+){0,3} back\b/i,
  },
  {
    not: ['a dead token', 'the token dies', 'it is alive'],
    say: 'a revoked token; the token is revoked; it is valid',
    pattern:
      /\bdead (?:token|one|current)|\b(?:token|tokens|it|they|copies|which|that) (?:is|are|was|were) (?:dead|alive)\b|\b(?:tokens?|copies) (?:dies?|died)\b/i,
  },
  {
    not: ['the token lives for an hour', 'it lives on after the job'],
    say: 'the token is valid for an hour; it stays valid after the job',
    pattern:
      /\b(?:tokens?|it|they|which|that) (?:still )?li(?:ve|ves|ved) (?:on|until|till|to|for|longer|after|through)\b|\bli(?:ve|ves) long enough\b/i,
  },
  {
    not: ['make a token', 'a token that was made for this job', 'a hand-made token'],
    say: 'mint a token (a person creates one, an issuer issues one); a token that was minted for this job; a token created by hand',
    pattern:
      /\b(?:make|makes|made|making)\b(?: (?!sure)[\w-]+){0,3} tokens?\b|\btokens?\b(?: (?:that|which))?(?: (?:is|are|was|were|be|been|being))* made\b|\bhand-made\b/i,
  },
  {
    not: ['trade the ID token for a Hub token'],
    say: 'exchange the ID token for a Hub token',
    pattern: /\btrad(?:e|es|ed|ing)\b/i,
  },
  {
    not: ['the old token', 'the replaced token', 'the old ones'],
    say: 'the previous token; the previous tokens',
    pattern: /\b(?:old|replaced) tokens?\b|\bthe old ones?\b/i,
  },
  {
    not: ['a person brings a new token'],
    say: 'a person provides a new token',
    pattern: /\b(?:br(?:ing|ings)|brought) (?:a|the|in a) (?:new |bad )?token\b|\bperson brings\b/i,
  },
  {
    not: ['after a grace'],
    say: 'after a grace period',
    pattern: /\b(?:a|the|its|their|each|after|that) grace\b(?! period)/i,
  },
  {
    not: ['whoever got hold of it could use that too'],
    say: 'anyone who obtained it would have those rights as well',
    pattern: /\bwhoever\b(?! administers)|\b(?:got|gets?) hold of\b/i,
  },
  {
    not: ['GitHub gives this job no ID token'],
    say: 'GitHub does not issue an ID token to this job',
    pattern: /\bg(?:ive|ives|ave)\b(?: \S+){0,3} no (?:ID |Hub )?tokens?\b/i,
  },
  // Trying, undoing, replacing.
  {
    not: ['another try', '3 tries'],
    say: 'another attempt (or: retry); 3 attempts',
    pattern: /\b(?:another|one|each|every|\d+) try\b|\btries\b(?! (?:again|to|up|a|the|each)\b)/i,
  },
  { not: ['anew'], say: 'again', pattern: /\banew\b/i },
  {
    not: ['undo what was done', 'undone'],
    say: 'remove, clean up',
    pattern: /(?<=\w )undo(?:es|ing)?\b|\bundo(?:es|ing)?(?= \w)|\bundone\b/i,
  },
  {
    not: ['give the service a new deployment'],
    say: 'redeploy the service',
    pattern: /\bg(?:ive|ives|iven|ave|iving|et|ets|ot)\b(?: \S+){0,3} a (?:forced )?new deployment\b/i,
  },
  {
    not: ['replaces the tokens by new ones'],
    say: 'replaces the tokens with new ones',
    pattern: /\breplac(?:e|es|ed|ing) [^.;|\n]{1,60} by (?:new|other|another) /i,
  },
  {
    not: ['it goes on working', 'it works on for a day'],
    say: 'it keeps working',
    pattern: /\b(?:go|goes|went|going) on (?:working|with)\b|\bworks? on for\b/i,
  },
  {
    not: ['the next run takes it up'],
    say: 'the next run resumes it',
    pattern: /\b(?:take|takes|taken|took|taking) (?:it |that |them |the \w+ )?up\b/i,
  },
  {
    not: ['the secret is as it was'],
    say: 'the secret is unchanged',
    pattern: /\b(?:is|are|stays?) as (?:it|they) (?:was|were)\b/i,
  },
  {
    not: ['it was handed over to later steps'],
    say: 'it was passed to later steps',
    pattern: /\bhand(?:s|ed|ing)?\b(?: \S+){0,3} over\b/i,
  },
  // Being wrong.
  {
    not: ['must be equal letter by letter'],
    say: 'must match exactly (case-sensitive)',
    pattern: /\bletter by letter\b/i,
  },
  {
    not: ['a slip in the name', 'a typing mistake'],
    say: 'a typo in the name',
    pattern: /\bslips?\b|\btyping mistakes?\b/i,
  },
  { not: ['if it stays'], say: 'if the problem persists', pattern: /\bif it stays\b/i },
  {
    not: ['`scope` is "wirte"; it is one of read, write and admin'],
    say: '`scope` must be one of read, write, admin (got "wirte")',
    pattern: /\bit is (?:one of|\d+ to|true or)\b/i,
  },
  {
    not: ['it is no token', 'that is no JWT'],
    say: 'it is not a token; that is not a JWT',
    pattern:
      /(?<!\bthere )\b(?:is|are|was) no (?!longer\b|more\b|such\b|need\b|way\b|reason\b|other\b|matter\b)[a-z]+/i,
  },
  {
    not: ['there is none', '"x" is none of them'],
    say: 'there is no token; "x" is not one of them',
    pattern: /\b(?:is|are|was) none\b/i,
  },
  { not: ['all the same'], say: 'anyway, still', pattern: /\ball the same\b/i },
  { not: ['the input to mend'], say: 'the input to fix', pattern: /\bmend(?:s|ed|ing)?\b/i },
  // Who and where.
  {
    not: ['Who may write the secret can move the label.'],
    say: 'Anyone who can write the secret can move the label.',
    pattern: /(?:^|[.;|] +)who (?:may|can|could|reads|changes|comes)\b(?=(?: \S+){4})(?![^.|]*\?)/im,
  },
  {
    not: ['another endpoint than the default'],
    say: 'an endpoint other than the default',
    pattern: /\banother \w+ than\b/i,
  },
  { not: ['runs beside each other'], say: 'concurrent runs', pattern: /\bbesides? (?:each other|another run)\b/i },
  {
    not: ['the key beside the token'],
    say: 'the key next to the token (or: in addition to it)',
    pattern: /\bbeside\b(?! (?:each other|another run)\b)/i,
  },
  { not: ["in GitHub's place"], say: 'instead of GitHub', pattern: /\bin GitHub.s place\b/i },
  { not: ['something in between'], say: 'a proxy or another intermediary', pattern: /\bin between\b/i },
  {
    not: ['the variable lies in the job', 'it stands in the file'],
    say: 'the variable is in the job; it is in the file',
    pattern:
      /\bl(?:ies|ie|ay) (?:in|on|under|outside)\b|\bst(?:and|ands|ood) (?:in (?!for\b)|at\b|between\b|beside\b|twice\b)/i,
  },
  {
    not: ['it is told in a warning', 'the error tells which'],
    say: 'a warning reports it; the error says which',
    pattern: /\b(?:is|are|was|were|be|being) told\b|\bas told\b|\btells (?:no|all|of|which)\b/i,
  },
  {
    not: ['the organization wants tokens approved'],
    say: 'the organization requires approval of tokens',
    pattern: /\b(?:organization|app|plan|Hub|service) wants\b/i,
  },
  // Words.
  { not: ['more than was asked for'], say: 'more than was requested', pattern: /\basked for\b/i },
  { not: ['see to it that'], say: 'make sure that', pattern: /\bse(?:e|es|en|eing) to it\b/i },
  { not: ['the other keys, 2 in number'], say: 'the 2 other keys', pattern: /\bin number\b/i },
  { not: ['shall'], say: 'must, should', pattern: /\bshall\b/i },
  { not: ['at the latest after 90d'], say: 'within 90d', pattern: /\bat the latest after\b/i },
  {
    not: ['how often one call is made at most'],
    say: 'the maximum number of attempts for one call',
    pattern: /\bhow often\b[^.]{0,40}\bat most\b/i,
  },
  {
    not: ['not shown, for it may hold a password'],
    say: 'not shown, because it may hold a password',
    pattern: /, for (?:it|they|the|there)\b(?= (?:is|are|may|might|was|were|has|have|can)\b)/i,
  },
  { not: ['time-out'], say: 'timeout', pattern: /\btime-outs?\b(?!['`])/i },
  { not: ['spelt', 'misspelt'], say: 'spelled, misspelled', pattern: /\b(?:mis)?spelt\b/i },
  {
    not: ['honoured', 'behaviour', 'colour', 'favour'],
    say: 'honored, behavior, color, favor',
    pattern: /\b(?:honour|behaviour|colour|favour)\w*/i,
  },
]
