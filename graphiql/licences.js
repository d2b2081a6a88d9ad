/** Collects the packages that end up in the build and writes their licences beside it. */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const OUTPUT = 'THIRD_PARTY_LICENSES.txt';
const LICENCE_FILE = /licen[cs]e|copying|notice/i;

/** Packages whose tarball lacks the licence file of their repository. */
const ELSEWHERE = {
  '@graphiql/plugin-doc-explorer': 'node_modules/@graphiql/react', // the same repository
  '@graphiql/plugin-history': 'node_modules/@graphiql/react', // the same repository
  'react-compiler-runtime': 'node_modules/react', // the same repository
  'react-remove-scroll-bar': 'licences/react-remove-scroll-bar',
};

/** Works inside a package that its own notices leave out. */
const INSIDE = {
  'monaco-editor': ['licences/codicons', 'licences/dompurify'],
};

export function thirdPartyLicences() {
  const folders = new Set();

  /** Goes into every build, those of the workers included. */
  function collector() {
    return {
      name: 'merkato:collect-licences',
      generateBundle(_options, bundle) {
        const files = Object.values(bundle).flatMap((output) => output.originalFileNames ?? []);
        for (const id of [...this.getModuleIds(), ...files]) {
          const folder = packageFolder(id);
          if (folder) folders.add(folder);
        }
      },
    };
  }

  /** Goes into the page's build alone, which ends after those of its workers. */
  function writer() {
    return {
      name: 'merkato:write-licences',
      generateBundle: {
        order: 'post',
        handler() {
          // Vite and Rolldown add small helpers of their own to the chunks.
          for (const name of ['vite', 'rolldown']) folders.add(join('node_modules', name));
          this.emitFile({ type: 'asset', fileName: OUTPUT, source: render(folders) });
        },
      },
    };
  }

  return { collector, writer };
}

/** The folder of the package that a module belongs to; nothing for our own modules and virtual ones. */
function packageFolder(moduleId) {
  const path = moduleId.split('?')[0].replaceAll('\\', '/');
  const start = path.lastIndexOf('node_modules/');
  if (start < 0 || path.startsWith('\0')) return undefined;
  const [scope, name] = path.slice(start + 'node_modules/'.length).split('/');
  const folder = path.slice(0, start) + 'node_modules/' + (scope.startsWith('@') ? `${scope}/${name}` : scope);
  const own = `${process.cwd().replaceAll('\\', '/')}/`;
  return folder.startsWith(own) ? folder.slice(own.length) : folder;
}

function render(folders) {
  const sections = new Map();
  for (const folder of folders) {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const title = `${manifest.name} ${manifest.version} (${manifest.license})`;
    sections.set(title, `${title}\n${'='.repeat(title.length)}\n\n${licenceText(folder, manifest.name)}\n`);
  }
  const ordered = [...sections.keys()].sort().map((title) => sections.get(title));
  return `GraphiQL as served by Merkato contains the following ${ordered.length} packages.\n\n\n${ordered.join('\n\n')}`;
}

/** Every licence and notice of a package. A package without one stops the build: see ELSEWHERE. */
function licenceText(folder, name) {
  const own = licenceFiles(ELSEWHERE[name] ?? folder);
  if (own.length === 0) throw new Error(`${name} has no licence file: name one in licences.js.`);
  const files = [...own, ...(INSIDE[name] ?? []).flatMap(licenceFiles)];
  return files.map((file) => `[${file.replace('node_modules/', '')}]\n\n${readText(file)}`).join('\n\n');
}

function readText(file) {
  return readFileSync(file, 'utf8').replaceAll(/[ \t\r]+$/gm, '').trim();
}

function licenceFiles(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && LICENCE_FILE.test(entry.name))
    .map((entry) => join(folder, entry.name))
    .sort();
}
