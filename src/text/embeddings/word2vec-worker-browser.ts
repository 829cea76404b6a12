import { carryOut } from './hogwild.ts'

globalThis.onmessage = event => carryOut(event.data, told => globalThis.postMessage(told))
