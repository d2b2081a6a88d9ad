// GraphQL Yoga as its documentation recommends it: node:http, its own parse and validation cache, dataloaders a request.

import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import DataLoader from 'dataloader'
import { createSchema, createYoga } from 'graphql-yoga'
import pg from 'pg'
import { connection, createShop, listProducts, PLAIN_RESOLVERS } from '../shop.js'

const shop = createShop(new pg.Pool({ max: Number(process.env.POOL_SIZE) }))

const resolvers = {
  Query: {
    product: (_, { slug }) => shop.productBySlug(slug),
    category: (_, { slug }) => shop.categoryBySlug(slug),
    products: async (_, args) => connection(await listProducts(shop, args), args.first),
    posts: async (_, { first }) => ({ nodes: await shop.newestPosts(first) }),
  },
  Product: {
    ...PLAIN_RESOLVERS.Product,
    category: (product, _, { loaders }) => product.category_id && loaders.categories.load(product.category_id),
    reviews: async (product, { first }, { loaders }) => ({ nodes: await loaders.reviews(first).load(product.id) }),
  },
  Category: {
    products: async (category, { first }, { loaders }) =>
      connection(await loaders.products(first).load(category.id), first),
  },
  Review: PLAIN_RESOLVERS.Review,
  Post: { ...PLAIN_RESOLVERS.Post, author: (post, _, { loaders }) => loaders.authors.load(post.author_id) },
}

/** The loaders of one request. */
function createLoaders() {
  return {
    categories: new DataLoader(shop.categoriesById),
    authors: new DataLoader(shop.authorsById),
    reviews: perSize((first) => new DataLoader((ids) => shop.reviewsOfProducts(ids, first))),
    products: perSize((first) => new DataLoader((ids) => shop.productsOfCategories(ids, first))),
  }
}

/** A loader for each page size asked for. */
function perSize(create) {
  const loaders = new Map()
  return (first) => loaders.get(first) ?? loaders.set(first, create(first)).get(first)
}

const yoga = createYoga({
  schema: createSchema({ typeDefs: readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8'), resolvers }),
  context: () => ({ loaders: createLoaders() }),
  graphiql: false,
  landingPage: false,
  logging: false,
})
createServer(yoga).listen(Number(process.env.PORT), '127.0.0.1')
