// Runs the audits of the GraphQL over HTTP specification against a server: node run.mjs http://127.0.0.1:8000/graphql
// Ends with 1 when a MUST or a SHOULD fails. The server needs introspection, which some audits use.
import { serverAudits } from 'graphql-http';

const LEVELS = ['MUST', 'SHOULD', 'MAY'];
const BINDING = ['MUST', 'SHOULD'];

const url = process.argv[2];
if (!url) {
  console.error('Usage: node run.mjs URL');
  process.exit(2);
}

const results = [];
for (const audit of serverAudits({ url })) {
  results.push(await run(audit));
}

for (const { id, name, reason } of results.filter(isFailure)) {
  console.log(`${id} ${name}: ${reason}`);
}
for (const level of LEVELS) {
  const all = results.filter((result) => result.level === level);
  console.log(`${level.padEnd(6)} ${all.length - all.filter(isFailure).length}/${all.length}`);
}
process.exitCode = results.some((result) => isFailure(result) && BINDING.includes(result.level)) ? 1 : 0;

/** The result of one audit. It rejects only when no answer came, which is a failure like any other. */
async function run({ id, name, fn }) {
  const level = LEVELS.find((each) => name.startsWith(`${each} `));
  try {
    const { status, reason } = await fn();
    return { id, name, level, status, reason };
  } catch (error) {
    return { id, name, level, status: 'error', reason: error.cause?.message ?? error.message };
  }
}

function isFailure({ status }) {
  return status !== 'ok';
}
