-- Links, repositories and models of a paper, each with where it was found.

CREATE TABLE repos (
    id bigint PRIMARY KEY CHECK (id >= 0),
    -- host/owner/name in lower case: what makes two spellings one repository. An owner may hold slashes (GitLab groups).
    key text NOT NULL UNIQUE,
    host text NOT NULL,
    owner text NOT NULL,
    name text NOT NULL,
    url text NOT NULL,
    -- Papers that link it. Kept by the store.
    paper_count integer NOT NULL DEFAULT 0
);
CREATE INDEX repos_owner ON repos (lower(owner) text_pattern_ops);
CREATE INDEX repos_name ON repos (lower(name) text_pattern_ops);
CREATE INDEX repos_paper_count ON repos (paper_count DESC, key);

CREATE TABLE paper_links (
    paper_id bigint NOT NULL REFERENCES papers ON DELETE CASCADE,
    position integer NOT NULL,
    url text NOT NULL,
    -- names.url_key: equal for two spellings of one address.
    url_key text NOT NULL,
    host text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('repository', 'model', 'dataset', 'space', 'project_page', 'other')),
    -- Where in the text, in code points from 0, end exclusive; null when a record gave the link beside the text.
    field text CHECK (field IN ('title', 'abstract')),
    start integer,
    "end" integer,
    -- Below the repository: "blob/master/incontext".
    path text,
    PRIMARY KEY (paper_id, position)
);
-- md5 because an address may be longer than an index entry can be.
CREATE INDEX paper_links_url_key ON paper_links (md5(url_key));
CREATE INDEX paper_links_host ON paper_links (host);

CREATE TABLE paper_repos (
    paper_id bigint NOT NULL REFERENCES papers ON DELETE CASCADE,
    repo_id bigint NOT NULL REFERENCES repos,
    official text NOT NULL DEFAULT 'unknown' CHECK (official IN ('true', 'false', 'unknown')),
    -- [{"source", "field", "start", "end", "sentence", "url", "path"}]
    evidence jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (paper_id, repo_id)
);
CREATE INDEX paper_repos_repo_id ON paper_repos (repo_id, paper_id);

CREATE TABLE models (
    id bigint PRIMARY KEY CHECK (id >= 0),
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    family text,
    parent_id bigint REFERENCES models,
    -- Itself, its parent, its parent's parent, …: asking for a model finds what has it in its lineage.
    lineage bigint[] NOT NULL,
    -- Papers that mention it or anything below it. Kept by the store.
    paper_count integer NOT NULL DEFAULT 0
);
CREATE INDEX models_lineage ON models USING gin (lineage) WITH (fastupdate = off);
CREATE INDEX models_family ON models (family);
CREATE INDEX models_paper_count ON models (paper_count DESC, slug);

-- All spellings: names.model_key of each -> model. Two models may share one ("FooNet", "Foo Net").
CREATE TABLE model_aliases (
    key text NOT NULL,
    model_id bigint NOT NULL REFERENCES models,
    PRIMARY KEY (key, model_id)
);
CREATE INDEX model_aliases_model_id ON model_aliases (model_id);

CREATE TABLE paper_models (
    paper_id bigint NOT NULL REFERENCES papers ON DELETE CASCADE,
    model_id bigint NOT NULL REFERENCES models,
    role text NOT NULL CHECK (role IN ('introduced', 'used')),
    -- [{"surface", "field", "start", "end", "role"}], in the order of the text
    mentions jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (paper_id, model_id)
);
CREATE INDEX paper_models_model_id ON paper_models (model_id, paper_id);
