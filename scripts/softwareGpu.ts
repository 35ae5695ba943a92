// A GPU that every machine has: SwiftShader, which computes on the processor what is asked of Vulkan. It
// comes with every Chromium for Linux.
import { existsSync, realpathSync } from 'node:fs';
import * as path from 'node:path';
import { ensureBrowser } from './browser';

const manifest = 'vk_swiftshader_icd.json';

/** The environment in which programs find it as their only GPU; elsewhere they use the system's. */
export function softwareGpuEnvironment(): NodeJS.ProcessEnv {
  if (process.platform !== 'linux') return {};
  const folder = folderOfSwiftShader();
  const libraries = [folder, process.env['LD_LIBRARY_PATH'] ?? ''].filter(Boolean);
  return {
    VK_ICD_FILENAMES: path.join(folder, manifest),
    // Beside it lies the library by which programs find drivers of Vulkan.
    LD_LIBRARY_PATH: libraries.join(path.delimiter),
  };
}

function folderOfSwiftShader(): string {
  // Debian's /usr/bin/chromium is a script that starts the program in another folder.
  const folders = [path.dirname(realpathSync(ensureBrowser())), '/usr/lib/chromium'];
  const found = folders.find((folder) => existsSync(path.join(folder, manifest)));
  if (found !== undefined) return found;
  throw new Error(
    `No software GPU to test WebGPU with: there is no ${manifest} in ${folders.join(' or ')}. ` +
      'Set CHROME_PATH to a Chromium that brings one.',
  );
}
