/** Builds the page into the folder that the Python server serves under /graphiql/. */
import { defineConfig } from 'vite';

import { thirdPartyLicences } from './licences.js';

const licences = thirdPartyLicences();

export default defineConfig({
  base: '/graphiql/',
  plugins: [licences.collector(), licences.writer()],
  worker: { format: 'es', plugins: () => [licences.collector()] },
  build: {
    outDir: '../server/static/graphiql',
    emptyOutDir: true,
    target: 'es2022',
    // Fonts and images stay files, so that the policy needs no more `data:` than Monaco's own stylesheet.
    assetsInlineLimit: 0,
    // Monaco is one chunk of some 3 MB: nothing to be warned about.
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      onLog(level, log, report) {
        // React's "use client" and "use no memo", in a hundred files, mean nothing to a bundle for the browser.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
      },
    },
  },
});
