// The SQL of the Node servers with hand-written resolvers: one prepared statement a batch, only the columns they show.

const PRODUCT = 'p.id, p.slug, p.name, p.price, p.currency, p.rating::float8 AS rating, p.category_id, p.created_at'

const STATEMENTS = {
  productBySlug: `SELECT ${PRODUCT} FROM products p WHERE p.slug = $1 AND p.is_active`,
  categoryBySlug: 'SELECT id, slug, name FROM categories WHERE slug = $1 AND is_active',
  categoriesById: 'SELECT id, slug, name FROM categories WHERE id = ANY($1::uuid[]) AND is_active',
  productsOfCategories: `
    SELECT ${PRODUCT} FROM unnest($1::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
      SELECT * FROM products WHERE category_id = wanted.id AND is_active ORDER BY created_at DESC, id DESC LIMIT $2
    ) AS p ORDER BY p.created_at DESC, p.id DESC`,
  reviewsOfProducts: `
    SELECT r.id, r.product_id, r.rating, r.comment, r.author_name
    FROM unnest($1::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
      SELECT id, product_id, rating, comment, author_name, created_at FROM reviews
      WHERE product_id = wanted.id AND status = 'APPROVED' ORDER BY created_at DESC, id DESC LIMIT $2
    ) AS r ORDER BY r.created_at DESC, r.id DESC`,
  newestPosts: `
    SELECT id, slug, title, excerpt, published_at, author_id FROM posts
    WHERE status = 'PUBLISHED' AND published_at <= now() ORDER BY dated_at DESC, id DESC LIMIT $1`,
  authorsById: 'SELECT id, slug, name FROM authors WHERE id = ANY($1::uuid[])',
  searchProducts: `
    SELECT ${PRODUCT} FROM peers_sql.asked($1) q, products p WHERE p.is_active AND p.search @@ q.everything
    ORDER BY peers_sql.rank(p.name, p.search, q.title, q.whole, q.everything) DESC, p.id DESC LIMIT $2`,
  filterProducts: `
    SELECT ${PRODUCT} FROM products p
    WHERE p.is_active AND p.price BETWEEN $1 AND $2 AND p.rating >= $3 ORDER BY p.price, p.id LIMIT $4`,
}

/** The shop's tables behind a node-postgres pool. */
export function createShop(pool) {
  const run = async (name, values) => (await pool.query({ name, text: STATEMENTS[name], values })).rows
  return {
    productBySlug: async (slug) => (await run('productBySlug', [slug]))[0],
    categoryBySlug: async (slug) => (await run('categoryBySlug', [slug]))[0],
    categoriesById: async (ids) => inOrder(ids, await run('categoriesById', [distinct(ids)])),
    authorsById: async (ids) => inOrder(ids, await run('authorsById', [distinct(ids)])),
    productsOfCategories: async (ids, first) =>
      grouped(ids, await run('productsOfCategories', [distinct(ids), first + 1]), 'category_id'),
    reviewsOfProducts: async (ids, first) =>
      grouped(ids, await run('reviewsOfProducts', [distinct(ids), first]), 'product_id'),
    newestPosts: (first) => run('newestPosts', [first]),
    searchProducts: (question, first) => run('searchProducts', [question, first + 1]),
    filterProducts: (filter, first) =>
      run('filterProducts', [filter.price.min, filter.price.max, filter.rating.min, first + 1]),
  }
}

/** What the products field gives; the benchmark asks for these two lists. */
export function listProducts(shop, { filter, search, first }) {
  return search ? shop.searchProducts(search, first) : shop.filterProducts(filter, first)
}

/** A page of rows, of which there is one more when another page follows. */
export function connection(rows, first) {
  const nodes = rows.slice(0, first)
  const edges = nodes.map((node) => ({ cursor: cursor(node), node }))
  return { nodes, edges, pageInfo: { hasNextPage: rows.length > first, endCursor: edges.at(-1)?.cursor ?? null } }
}

/** The resolvers that need no database. */
export const PLAIN_RESOLVERS = {
  Product: { price: (product) => ({ amount: product.price, currencyCode: product.currency }) },
  Review: { author: (review) => ({ name: review.author_name }) },
  Post: { publishedAt: (post) => post.published_at.toISOString() },
}

function cursor(row) {
  return Buffer.from(JSON.stringify([row.created_at, row.id])).toString('base64')
}

function distinct(ids) {
  return [...new Set(ids)]
}

function inOrder(ids, rows) {
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.map((id) => byId.get(id) ?? null)
}

function grouped(ids, rows, key) {
  const groups = new Map(ids.map((id) => [id, []]))
  for (const row of rows) groups.get(row[key]).push(row)
  return ids.map((id) => groups.get(id))
}
