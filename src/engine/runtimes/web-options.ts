import { ArgumentError } from '../../core/errors.ts'
import { defineOptions, integer } from '../../core/options.ts'

const declared = defineOptions({ threads: integer({ min: 1, help: 'threads of the wasm engine' }) })

export interface EngineOptions {
  /**
   * The folder with the files `ort-wasm-*.wasm` and `.mjs` of onnxruntime-web, for a page whose bundler does not place them. Default where
   * the bundler put them, or beside onnxruntime-web's own module; never another host.
   */
  readonly files?: string | URL
  /**
   * Threads of `wasm`. More than one need a page that is cross-origin isolated. Default half the cores, at most 4, where memory can be
   * shared, else 1.
   */
  readonly threads?: number
}

let files: string | null = null
let threads: number | null = null

/**
 * Sets what onnxruntime-web is started with, for the engines `wasm` and (in a browser) `webgpu`. To be called before one of them is first
 * used: later it has no effect on an engine that runs.
 *
 * @throws ArgumentError if `threads` is not a whole number of at least 1, or `files` is empty
 * @example
 * configureEngines({ files: '/onnxruntime/', threads: 4 })
 */
export const configureEngines = (options: EngineOptions): void => {
  const given = options.threads === undefined ? {} : { threads: options.threads }
  threads = declared.validate('configureEngines', given).threads ?? threads
  if (options.files === undefined) return
  const url = String(options.files)
  if (url === '') {
    throw new ArgumentError(
      'configureEngines: files is empty. Give the URL of the folder with the files of onnxruntime-web, or leave it out.',
    )
  }
  files = url.endsWith('/') ? url : `${url}/`
}

/** What was configured so far; null where nothing was. */
export const configuration = (): { readonly files: string | null; readonly threads: number | null } => ({
  files,
  threads,
})
