import { parentPort } from 'node:worker_threads'
import { carryOut } from './hogwild.ts'

const port = parentPort!
port.on('message', order => carryOut(order, told => port.postMessage(told)))
