import { server } from './serve.ts'

const serve = server(answer => globalThis.postMessage(answer))
globalThis.onmessage = event => serve(event.data)
