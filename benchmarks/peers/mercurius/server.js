// Mercurius as its documentation recommends it: loaders against N+1, and operations compiled on their second run (jit).

import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import mercurius from 'mercurius'
import pg from 'pg'
import { connection, createShop, listProducts, PLAIN_RESOLVERS } from '../shop.js'

const shop = createShop(new pg.Pool({ max: Number(process.env.POOL_SIZE) }))

const resolvers = {
  ...PLAIN_RESOLVERS,
  Query: {
    product: (_, { slug }) => shop.productBySlug(slug),
    category: (_, { slug }) => shop.categoryBySlug(slug),
    products: async (_, args) => connection(await listProducts(shop, args), args.first),
    posts: async (_, { first }) => ({ nodes: await shop.newestPosts(first) }),
  },
}

// Without the loader cache, which would serialise every parent object; shop.js asks for each id once all the same.
const uncached = (loader) => ({ loader, opts: { cache: false } })

const loaders = {
  Product: {
    category: uncached((queries) => shop.categoriesById(queries.map(({ obj }) => obj.category_id))),
    reviews: uncached(async (queries) => {
      const groups = await shop.reviewsOfProducts(queries.map(({ obj }) => obj.id), queries[0].params.first)
      return groups.map((nodes) => ({ nodes }))
    }),
  },
  Category: {
    products: uncached(async (queries) => {
      const { first } = queries[0].params
      const groups = await shop.productsOfCategories(queries.map(({ obj }) => obj.id), first)
      return groups.map((rows) => connection(rows, first))
    }),
  },
  Post: { author: uncached((queries) => shop.authorsById(queries.map(({ obj }) => obj.author_id))) },
}

const app = Fastify({ logger: false })
const schema = readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8')
app.register(mercurius, { schema, resolvers, loaders, jit: 1 })
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
