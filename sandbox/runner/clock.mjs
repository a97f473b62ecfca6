/** Preloaded into a process (`--import`), lets it believe the sandbox's time: `Date` runs SANDBOX_CLOCK_OFFSET_MS ahead. */
const offset = Number(process.env.SANDBOX_CLOCK_OFFSET_MS ?? 0)
const RealDate = Date
const realNow = RealDate.now
const now = () => realNow() + offset

RealDate.now = now
globalThis.Date = new Proxy(RealDate, {
  apply: () => new RealDate(now()).toString(),
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
})
RealDate.prototype.constructor = globalThis.Date
