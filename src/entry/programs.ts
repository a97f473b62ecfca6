/** The programs that a runner starts. They share one bundle, `dist/shared/`; `dist/<program>/index.js` runs one of them. */
export const PROGRAMS = {
  main: () => import('./main.ts'),
  // Eager: part of the bundle's first file, because nearly all of its code is needed by every program.
  post: () => import(/* webpackMode: "eager" */ './post.ts'),
  rotate: () => import('./rotate.ts'),
} as const satisfies Record<string, () => Promise<unknown>>
