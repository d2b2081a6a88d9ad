// Follows the posts that come out as a frontend does: node follow.mjs ws://127.0.0.1:8000/graphql HOW_MANY
// Prints a line of JSON for each connection, for the answer to a query, for an unknown field, and for each post.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [url, wanted] = process.argv.slice(2);
if (!wanted) {
  console.error('Usage: node follow.mjs URL HOW_MANY');
  process.exit(2);
}

const client = createClient({
  url,
  webSocketImpl: WebSocket,
  lazy: false,
  on: { connected: () => print({ connected: true }) },
  retryAttempts: Infinity,
  retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
});

for await (const answer of client.iterate({ query: '{ shop { name } }' })) {
  print(answer);
}

try {
  for await (const answer of client.iterate({ query: 'subscription { nothing { id } }' })) {
    print(answer);
  }
} catch (errors) {
  print({ errors });
}

let left = Number(wanted);
for await (const answer of client.iterate({ query: 'subscription { postPublished { title } }' })) {
  print(answer);
  left -= 1;
  if (left === 0) break;
}
await client.dispose();

function print(value) {
  console.log(JSON.stringify(value));
}
