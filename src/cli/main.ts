#!/usr/bin/env node
import { doctorCommand } from './doctor.ts'
import { evalCommand } from './eval.ts'
import { generateCommand } from './generate.ts'
import { processIo } from './io.ts'
import { modelExportCommand } from './model-export.ts'
import { modelSummaryCommand } from './model-summary.ts'
import { runCli } from './run.ts'
import { trainGptCommand } from './train-gpt.ts'

const commands = [trainGptCommand, generateCommand, evalCommand, modelSummaryCommand, modelExportCommand, doctorCommand]

process.exitCode = await runCli(process.argv.slice(2), commands, processIo())
