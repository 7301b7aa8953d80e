// Opens GraphiQL on the address of this page; ?query= and ?variables= fill the editors.
"use strict";

const address = new URL(window.location.href);
const parameters = address.searchParams;
const example = `# Which papers mention a model, and which repositories do they link?
{
  papers(query: "language model", filter: { model: ["llama"] }, first: 5) {
    total { value relation }
    nodes {
      title
      published
      repos { url }
      models { name role }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`;

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: address.origin + address.pathname }),
    defaultQuery: example,
    ...(parameters.has("query") && { query: parameters.get("query") }),
    ...(parameters.has("variables") && { variables: parameters.get("variables") }),
  }),
);
