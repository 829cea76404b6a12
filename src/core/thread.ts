/** A thread that is sent messages and sends some back. */
export interface Thread {
  post(message: unknown, transfer: readonly ArrayBuffer[]): void
  /** Whether the program waits for the thread before it ends. */
  hold(waited: boolean): void
  /** Ends it; waits until it has ended. */
  close(): Promise<void>
}

export interface ThreadEvents {
  readonly message: (message: unknown) => void
  /** The thread has failed, or has ended by itself: no message will come any more. */
  readonly failure: (why: string) => void
}
