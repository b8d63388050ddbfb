/*
 * `npm run docs`: writes the documentation's site to target/site. TypeDoc makes it from the types
 * and the hand-written pages.
 */

const path = require('node:path');
const { ROOT, secondsSince } = require('../command.js');
const { COPIES, writeCopies } = require('./copies.js');
const { BLOB, REPOSITORY } = require('./links.js');
const { GROUPS } = require('./pages.js');

const SITE = path.join(ROOT, 'target/site');
const HOME = 'https://hansock.github.io/hansock/';
/** tsc does not check this package, whose types need those of a browser. @type {string} */
const TYPEDOC = 'typedoc';

/** The modules, and the files that declare them. */
const MODULES = {
  hansock: 'index.d.ts',
  'hansock/schema': 'types/schema.d.ts',
  'hansock/keyv': 'types/keyv.d.ts',
  'hansock/testing': 'lib/testing/index.d.ts',
};

/**
 * TypeDoc names a module by its file's path until it is renamed.
 * @type {ReadonlyMap<string, string>}
 */
const MODULE_NAMES = new Map(
  Object.entries(MODULES).map(([name, file]) => {
    return [file.replace(/(?<=.)\/index\.d\.ts$|\.d\.ts$/, ''), name];
  }),
);

/** @typedef {{ name: string, children?: { name: string }[] }} Reflection */

/** @param {string} [site]  the folder to write */
async function build(site = SITE) {
  const typedoc = await import(TYPEDOC);
  const { readme, documents, languages } = await writeCopies();
  const app = await typedoc.Application.bootstrap({
    name: 'hansock',
    includeVersion: true,
    basePath: ROOT,
    tsconfig: path.join(__dirname, 'tsconfig.json'),
    entryPoints: Object.values(MODULES).map((file) => path.join(ROOT, file)),
    sortEntryPoints: false,
    readme,
    projectDocuments: documents,
    disableGit: true,
    sourceLinkTemplate: `${BLOB}{path}#L{line}`,
    hostedBaseUrl: HOME,
    navigationLinks: { GitHub: REPOSITORY, npm: 'https://www.npmjs.com/package/hansock' },
    navigation: { includeGroups: true, includeCategories: false, compactFolders: false },
    headings: { readme: false, document: true },
    groupOrder: [...GROUPS, 'Modules', '*'],
    sort: ['documents-first', 'source-order'],
    highlightLanguages: [...typedoc.OptionDefaults.highlightLanguages, ...languages],
    favicon: path.join(__dirname, 'favicon.svg'),
    customCss: path.join(__dirname, 'site.css'),
    customJs: path.join(__dirname, 'site.js'),
    searchInDocuments: true,
    includeHierarchySummary: false,
    excludePrivate: true,
    treatWarningsAsErrors: true,
    logLevel: 'Warn',
  });
  app.converter.on(typedoc.Converter.EVENT_RESOLVE_BEGIN, renameModules);
  app.renderer.defineRouter('pages', routerOf(typedoc));
  app.options.setValue('router', 'pages');

  const project = await app.convert();
  if (project === undefined) throw new Error('TypeDoc found errors in the types');
  await app.generateDocs(project, site);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) {
    throw new Error('TypeDoc has told of something that is not in order');
  }
}

/** @param {{ project: Reflection }} context */
function renameModules({ project }) {
  for (const module of project.children ?? []) {
    module.name = MODULE_NAMES.get(module.name) ?? module.name;
  }
}

/** Names the pages after their files, and not after their titles. @param {any} typedoc */
function routerOf({ KindRouter }) {
  return class PageRouter extends KindRouter {
    /** @param {any} reflection */
    getIdealBaseName(reflection) {
      if (!reflection.isDocument()) return super.getIdealBaseName(reflection);
      const source = reflection.project.files.getReflectionPath(reflection);
      return path.relative(COPIES, source).replace(/\.md$/, '');
    }
  };
}

async function main() {
  const start = performance.now();
  await build();
  console.log(`target/site is built, in ${secondsSince(start)}`);
}

module.exports = { SITE, build };

if (require.main === module) {
  main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
}
