// What we change in the WebAssembly module before it starts: a stack that is big enough, an fsync
// that syncs, and a way to interrupt a running query. PGlite hands its emscripten options to every
// "extension", so these hooks come as one.

import fs from 'node:fs';

const STACK_BYTES = 24 << 20;
const RED_ZONE_BYTES = 4096;
const ERRNO_IO = 29;

/** System calls that a busy query makes often: each is a chance to look at the cancel flag. */
const POLLED_WASI = [
  'fd_read',
  'fd_write',
  'fd_pread',
  'fd_pwrite',
  'fd_seek',
  'clock_time_get',
];
const POLLED_ENV = ['__syscall__newselect', 'emscripten_date_now', 'emscripten_get_now'];

export class WasmHooks {
  #cancelRequested;
  #fsync;
  #exports = null;
  #memory = null;
  #stackBottom = 0;
  /** Index of InterruptPending in HEAP32; 0: not known. */
  #interruptPending = 0;
  #hasRaised = false;
  /** The emscripten module, known before PostgreSQL's main runs. */
  module = null;

  /**
   * @param {() => boolean} cancelRequested takes (and clears) a pending cancel request
   * @param {boolean} fsync false only while a new cluster is made, which is synced once at the end
   */
  constructor(cancelRequested, fsync) {
    this.#cancelRequested = cancelRequested;
    this.#fsync = fsync;
  }

  /** In the shape of a PGlite extension. */
  get extension() {
    return {
      name: 'barhouse_hooks',
      setup: async (_pglite, options) => {
        // early: the recovery at start needs its fsync already
        const learnModule = (module) => {
          this.module = module;
        };
        options.preRun = [...(options.preRun ?? []), learnModule];
        this.#hookInstantiation(options);
        return { emscriptenOpts: options };
      },
    };
  }

  /** What PostgreSQL's signal handler does on a real system. */
  pollCancel() {
    if (!this.module || !this.#interruptPending || !this.#cancelRequested()) return;
    this.module.HEAP32[this.#interruptPending] = 1;
    this.module.HEAP32[this.#interruptPending + 1] = 1;
    this.#hasRaised = true;
  }

  /** A cancel that came too late for its query must not hit the next client's. */
  dropCancel() {
    if (!this.#hasRaised) return;
    this.#hasRaised = false;
    this.module.HEAP32[this.#interruptPending + 1] = 0;
  }

  // InterruptPending, QueryCancelPending and ProcDiePending are neighbours in globals.c; the middle
  // one is not exported. Exported addresses are relative to the memory base: without it one would
  // write 1 KB below, into other variables. If they are not as expected, cancel goes without them.
  #findInterrupts(memoryBase) {
    const { InterruptPending: first, ProcDiePending: third } = this.#exports;
    if (third.value - first.value !== 8) return;
    this.#interruptPending = (memoryBase.value + first.value) >>> 2;
  }

  /** The lowest bytes of our stack must stay zero; called between two messages. */
  checkRedZone() {
    const words = new Uint32Array(this.#memory.buffer, this.#stackBottom, RED_ZONE_BYTES / 4);
    if (words.some((word) => word !== 0)) throw new Error('the WebAssembly stack overflowed');
  }

  #hookInstantiation(options) {
    const instantiate = options.instantiateWasm;
    options.instantiateWasm = (imports, onInstance) => {
      this.#pollIn(imports.wasi_snapshot_preview1, POLLED_WASI);
      this.#pollIn(imports.env, POLLED_ENV);
      if (this.#fsync) this.#syncForReal(imports);
      this.#memory = imports.env.memory;
      const stackPointer = imports.env.__stack_pointer;
      this.#moveStackBeforeMain(options, stackPointer);
      return instantiate(imports, (instance, module) => {
        this.#exports = instance.exports;
        this.#findInterrupts(imports.env.__memory_base);
        onInstance(instance, module);
      });
    };
  }

  #pollIn(target, names) {
    for (const name of names) {
      const original = target[name];
      const polled = (...args) => {
        this.pollCancel();
        return original(...args);
      };
      // emscripten reads the signature when it puts the function into the wasm table
      target[name] = Object.assign(polled, { sig: original.sig });
    }
  }

  // emscripten's node file system answers fsync with "done" and does nothing.
  #syncForReal(imports) {
    const sync = (fd) => {
      try {
        const stream = this.module?.FS.getStream(fd);
        if (stream?.nfd !== undefined) fs.fdatasyncSync(stream.nfd);
        return 0;
      } catch {
        return ERRNO_IO;
      }
    };
    const wasi = imports.wasi_snapshot_preview1;
    wasi.fd_sync = Object.assign((fd) => sync(fd), { sig: 'ii' });
    imports.env.__syscall_fdatasync = Object.assign((fd) => -sync(fd), { sig: 'ii' });
  }

  // The build has 64 KB of C stack right above its static data and PostgreSQL's depth check is off:
  // deep recursion overwrote global variables silently. With a big block of its own V8's limit on
  // JavaScript frames trips first and the end is a clean exception.
  #moveStackBeforeMain(options, stackPointer) {
    const original = options.onRuntimeInitialized;
    options.onRuntimeInitialized = (...args) => {
      this.#stackBottom = stackPointer ? this.#exports.malloc(STACK_BYTES) : 0;
      if (!this.#stackBottom) throw new Error('cannot move the WebAssembly stack');
      new Uint8Array(this.#memory.buffer, this.#stackBottom, RED_ZONE_BYTES).fill(0);
      stackPointer.value = (this.#stackBottom + STACK_BYTES - 64) & ~15;
      original?.(...args);
    };
  }
}
