/** Which modules and which programs each file of a bundle is for, read from webpack's own report. */
import { basename, dirname } from 'node:path'

/** What is used of webpack's report. */
export interface Compilation {
  chunks: Iterable<Chunk>
  entrypoints: ReadonlyMap<string, ChunkGroup>
  chunkGraph: { getChunkModules(chunk: Chunk): Iterable<WebpackModule> }
}

interface Chunk {
  files: Iterable<string>
}

/** The chunks that one `import()` loads. Its children are the `import()`s in them. */
interface ChunkGroup {
  chunks: readonly Chunk[]
  origins: readonly { module?: WebpackModule; request?: string }[]
  childrenIterable: Iterable<ChunkGroup>
}

/** One file, or several that were joined. */
interface WebpackModule {
  resource?: string
  modules?: Iterable<WebpackModule>
  size(): number
}

/** A module of a bundle: where it comes from, and the size of its source in bytes. */
export interface BundledModule {
  path: string
  size: number
}

/** The modules in each file of the bundle. */
export function modulesByFile({ chunks, chunkGraph }: Compilation): Map<string, BundledModule[]> {
  const found = new Map<string, BundledModule[]>()
  for (const chunk of chunks) {
    const modules = [...chunkGraph.getChunkModules(chunk)].flatMap(parts)
    for (const file of chunk.files) {
      const bundled = modules.flatMap((module) =>
        module.resource ? { path: module.resource, size: module.size() } : [],
      )
      found.set(file, bundled)
    }
  }
  return found
}

/**
 * The modules that lie in several files of one bundle, and these files. webpack copies a small module into each file
 * that needs it, unless one of the files is always loaded after another.
 */
export function copiesIn(
  modules: ReadonlyMap<string, readonly BundledModule[]>,
): (BundledModule & { files: string[] })[] {
  const found = new Map<string, BundledModule & { files: string[] }>()
  for (const [file, bundled] of modules) {
    for (const module of bundled) {
      const key = `${dirname(file)} ${module.path}`
      const copies = found.get(key) ?? { ...module, files: [] }
      copies.files.push(file)
      found.set(key, copies)
    }
  }
  return [...found.values()].filter(({ files }) => files.length > 1)
}

/**
 * The files that each program can load, when the bundle's entry imports the program `<name>` from a file of that name.
 *
 * @throws `Error` when the entry imports a file that is named after no program.
 */
export function filesByProgram({ entrypoints }: Compilation, programs: readonly string[]): Map<string, string[]> {
  const [entry] = entrypoints.values()
  if (!entry) throw new Error('The bundle has no entry.')
  const entryPath = entry.origins[0]?.request
  const own = new Map<string, ChunkGroup>()
  const common: ChunkGroup[] = []
  for (const group of entry.childrenIterable) {
    const origin = group.origins.find(({ module }) => module?.resource === entryPath)
    if (origin) own.set(basename(origin.request ?? '', '.js'), group)
    else common.push(group)
  }
  const stray = [...own.keys()].filter((name) => !programs.includes(name))
  if (stray.length > 0) throw new Error(`Name the file after its program (no program is called ${stray.join(', ')}).`)
  return new Map(
    programs.map((name) => {
      const group = own.get(name)
      // A program without a group of its own lies in the entry's file.
      const groups = [entry, ...withDescendants(group ? [...common, group] : common)]
      return [name, [...new Set(groups.flatMap(filesOf))].sort()]
    }),
  )
}

function parts(module: WebpackModule): WebpackModule[] {
  const joined = [...(module.modules ?? [])]
  return joined.length > 0 ? joined.flatMap(parts) : [module]
}

function filesOf({ chunks }: ChunkGroup): string[] {
  return chunks.flatMap(({ files }) => [...files])
}

function withDescendants(groups: readonly ChunkGroup[]): Set<ChunkGroup> {
  const found = new Set(groups)
  // A set is iterated to its end, also over what is added on the way.
  for (const group of found) for (const child of group.childrenIterable) found.add(child)
  return found
}
