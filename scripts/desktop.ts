// Finds the user's own VS Code.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import * as path from 'node:path';

const MAC_BIN = 'Contents/Resources/app/bin/code';

/** Whether a window can be shown here at all. */
export function hasDisplay(): boolean {
  if (process.platform !== 'linux') return true;
  return ['DISPLAY', 'WAYLAND_DISPLAY'].some((name) => (process.env[name] ?? '') !== '');
}

/** The command that starts VS Code, from PATH or where its installers put it. */
export function findDesktopCode(): string | undefined {
  const windows = process.platform === 'win32';
  const names = windows ? ['code.cmd', 'code-insiders.cmd'] : ['code', 'code-insiders'];
  const onPath = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    // A terminal in VS Code's remote server has a "code" that opens files in that window only.
    .filter((folder) => !folder.includes('remote-cli'))
    .flatMap((folder) => names.map((name) => path.join(folder, name)));
  return [...onPath, ...installed()].find((file) => existsSync(file));
}

function installed(): string[] {
  if (process.platform === 'darwin') {
    return ['/Applications', path.join(homedir(), 'Applications')].map((folder) =>
      path.join(folder, 'Visual Studio Code.app', MAC_BIN),
    );
  }
  if (process.platform === 'win32') {
    const local = process.env['LOCALAPPDATA'] ?? '';
    const programs = process.env['ProgramFiles'] ?? '';
    return [
      path.join(local, 'Programs', 'Microsoft VS Code', 'bin', 'code.cmd'),
      path.join(programs, 'Microsoft VS Code', 'bin', 'code.cmd'),
    ];
  }
  return ['/usr/share/code/bin/code', '/snap/bin/code', '/var/lib/flatpak/exports/bin/code'];
}
