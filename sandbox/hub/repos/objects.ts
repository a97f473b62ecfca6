/** Git's objects: their bytes and their ids, as `git hash-object` computes them. Source: Pro Git, "Git Objects". */
import { createHash } from 'node:crypto'

export interface GitObject {
  /** 40 hexadecimal digits. */
  id: string
  /** With the header in front: what an object file holds, before compression. */
  bytes: Buffer
}

/** A file in a commit. */
export interface TreeFile {
  path: string
  /** `100644`, `100755` for a program, `120000` for a symbolic link. */
  mode: string
  /** The id of its content. */
  id: string
}

export function gitObject(type: 'blob' | 'tree' | 'commit', content: Buffer): GitObject {
  const bytes = Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content])
  return { id: createHash('sha1').update(bytes).digest('hex'), bytes }
}

/** The id that git gives a file of this content. */
export function blobId(content: Buffer): string {
  return gitObject('blob', content).id
}

/** The tree of these files, its subfolders first: the last one is the root. */
export function treesOf(files: readonly TreeFile[]): [...GitObject[], GitObject] {
  const entries: TreeFile[] = []
  const folders = new Map<string, TreeFile[]>()
  for (const { path, ...file } of files) {
    const [name = '', ...rest] = path.split('/')
    if (rest.length === 0) entries.push({ path: name, ...file })
    else folders.set(name, [...(folders.get(name) ?? []), { path: rest.join('/'), ...file }])
  }
  const below = [...folders].map(([name, content]) => ({ name, trees: treesOf(content) }))
  for (const { name, trees } of below) entries.push({ path: name, mode: '40000', id: trees.at(-1)?.id ?? '' })
  // Git sorts a folder as if its name ended in a slash.
  const key = ({ path, mode }: TreeFile) => Buffer.from(mode === '40000' ? `${path}/` : path)
  entries.sort((a, b) => Buffer.compare(key(a), key(b)))
  const content = entries.map(({ path, mode, id }) =>
    Buffer.concat([Buffer.from(`${mode} ${path}\0`), Buffer.from(id, 'hex')]),
  )
  return [...below.flatMap(({ trees }) => trees), gitObject('tree', Buffer.concat(content))]
}

export interface CommitFields {
  /** The id of the root tree. */
  tree: string
  parents: readonly string[]
  author: string
  date: Date
  /** Title, and description if there is one. */
  message: string
}

export function commitObject({ tree, parents, author, date, message }: CommitFields): GitObject {
  const who = `${author.replace(/[<>\n]/g, '')} <${author.replace(/[^\w.-]/g, '')}@users.hub.example> ${date.getTime() / 1000} +0000`
  const lines = [
    `tree ${tree}`,
    ...parents.map((parent) => `parent ${parent}`),
    `author ${who}`,
    `committer ${who}`,
    '',
    message,
    '',
  ]
  return gitObject('commit', Buffer.from(lines.join('\n')))
}

/** The fields of a commit's content, without its header. */
export function parseCommit(content: Buffer): CommitFields {
  const text = content.toString()
  const end = text.indexOf('\n\n')
  const lines = text.slice(0, end).split('\n')
  const field = (name: string) =>
    lines.filter((line) => line.startsWith(`${name} `)).map((l) => l.slice(name.length + 1))
  const [, author = '', seconds = '0'] = /^(.*) <[^>]*> (\d+) /.exec(field('author')[0] ?? '') ?? []
  return {
    tree: field('tree')[0] ?? '',
    parents: field('parent'),
    author,
    date: new Date(Number(seconds) * 1000),
    message: text.slice(end + 2).trimEnd(),
  }
}
