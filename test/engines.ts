import { existsSync } from 'node:fs'
import { constants } from 'node:os'

const folder = '/usr/lib/chromium'

/**
 * Gives this process WebGPU on the CPU: SwiftShader and the Vulkan loader that come with Debian's Chromium. False where that is not
 * installed. To be called before the engine is loaded.
 */
export const useSoftwareWebgpu = (): boolean => {
  if (!existsSync(`${folder}/libvk_swiftshader.so`)) return false
  process.env.VK_ICD_FILENAMES ??= `${folder}/vk_swiftshader_icd.json`
  try {
    // Loaded and never unloaded (RTLD_NODELETE), the library is found by its name later. That it is no module of Node's is known.
    process.dlopen({ exports: {} }, `${folder}/libvulkan.so.1`, constants.dlopen.RTLD_NOW | 0x1000)
  } catch {}
  return true
}

/** Engines that the batteries run on here: the graphics processor's where asked for, since in software it is slow. */
export const enginesUnderTest: readonly string[] = [
  'native',
  'wasm',
  'reference',
  ...(process.env.GRADUS_TEST_WEBGPU && useSoftwareWebgpu() ? ['webgpu'] : []),
]
