import { createHash, join, mkdir, stat } from '#files'
import { DataError, type GradusError } from '../core/errors.ts'
import { writeFileAtomic } from '../io/atomic.ts'

/** A published file: where it is to be had, and how it is known. */
export interface RemoteFile {
  readonly name: string
  /** Tried in this order. */
  readonly urls: readonly string[]
  readonly bytes: number
  readonly sha256: string
}

/** How far a download has come. */
export interface DownloadProgress {
  readonly name: string
  /** Bytes of this file that have arrived, and all that it has. */
  readonly received: number
  readonly total: number
}

export interface DownloadOptions {
  /** Called with each piece that arrives. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined
  /** Ends the download. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds without a byte after which an address is given up. Default 60,000. */
  readonly patience?: number | undefined
}

/** Why one address did not give the file. */
class Refusal extends Error {}

const causeOf = (error: unknown): string => {
  const { message, cause } = error as Error
  return String((cause as Error | undefined)?.message || message || error).replace(/\.?\s*(\n[\s\S]*)?$/, '')
}

/** Ends a request where nothing has come for a while. */
class Watch {
  private readonly controller = new AbortController()
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly patience: number
  readonly signal: AbortSignal

  constructor(patience: number, signal: AbortSignal | undefined) {
    this.patience = patience
    this.signal = signal ? AbortSignal.any([this.controller.signal, signal]) : this.controller.signal
    this.renew()
  }
  renew(): void {
    clearTimeout(this.timer)
    const late = new Refusal(`nothing came for ${this.patience / 1000} seconds`)
    this.timer = setTimeout(() => this.controller.abort(late), this.patience)
  }
  end(): void {
    clearTimeout(this.timer)
  }
}

/** The bytes of an address as they arrive; fails at the end unless they are the file's. */
async function* bytesOf(
  url: string,
  file: RemoteFile,
  options: DownloadOptions,
  watch: Watch,
): AsyncGenerator<Uint8Array> {
  const { bytes, sha256, name } = file
  let response: Response
  try {
    response = await fetch(url, { signal: watch.signal })
  } catch (error) {
    throw new Refusal(causeOf(error))
  }
  if (!response.ok || !response.body) throw new Refusal(`HTTP ${response.status}`)
  const hash = createHash('sha256')
  let received = 0
  const reader = response.body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(error => {
        throw new Refusal(causeOf(error))
      })
      if (done) break
      received += value.length
      if (received > bytes) throw new Refusal(`it is more than the ${bytes} bytes published`)
      hash.update(value)
      watch.renew()
      yield value
      options.onProgress?.({ name, received, total: bytes })
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
  if (received < bytes) throw new Refusal(`it ended after ${received} of ${bytes} bytes`)
  const found = hash.digest('hex')
  if (found !== sha256) throw new Refusal(`its SHA-256 is ${found}, not ${sha256} as published`)
}

/** Fetches one file from the first address that gives it. */
const fetchFile = async (where: string, file: RemoteFile, folder: string, options: DownloadOptions): Promise<void> => {
  const refusals: string[] = []
  for (const url of file.urls) {
    const watch = new Watch(options.patience ?? 60_000, options.signal)
    try {
      await writeFileAtomic(join(folder, file.name), bytesOf(url, file, options, watch))
      return
    } catch (error) {
      options.signal?.throwIfAborted()
      const { cause } = error as GradusError
      if (!(cause instanceof Refusal)) throw error
      refusals.push(`${url}: ${cause.message}`)
    } finally {
      watch.end()
    }
  }
  throw new DataError(
    `${where}: "${file.name}" could not be downloaded (${refusals.join('; ')}). Try again with a network, or get the file elsewhere and put it in "${folder}".`,
    { file: file.name, urls: file.urls, folder },
  )
}

/**
 * Fetches the files that a folder does not have. A file appears in the folder whole and as published (size and SHA-256), or not at all.
 *
 * @throws DataError naming the addresses, what each answered, and the folder to put the file in by hand
 */
export const download = async (
  where: string,
  { files, folder, ...options }: { readonly files: readonly RemoteFile[]; readonly folder: string } & DownloadOptions,
): Promise<void> => {
  const made = await mkdir(folder, { recursive: true }).catch((error: unknown) => error)
  if (made instanceof Error)
    throw new DataError(`${where}: the folder "${folder}" cannot be made: ${causeOf(made)}. Pass another { folder }.`)
  for (const file of files) {
    const there = await stat(join(folder, file.name)).then(
      () => true,
      () => false,
    )
    if (!there) await fetchFile(where, file, folder, options)
  }
}
