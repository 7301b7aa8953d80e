-- What papers name and is no model, and what is told of one model or repository beside its line in a list.

-- Named methods, kept apart from the models. No table of their own: a method has no family, parent or other spellings.
CREATE TABLE paper_methods (
    paper_id bigint NOT NULL REFERENCES papers ON DELETE CASCADE,
    slug text NOT NULL,
    -- names.model_key of the name: equal for its spellings.
    key text NOT NULL,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('introduced', 'used')),
    -- As in paper_models.
    mentions jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (paper_id, slug)
);
CREATE INDEX paper_methods_slug ON paper_methods (slug, paper_id);
CREATE INDEX paper_methods_key ON paper_methods (key, paper_id);

-- The paper's own, so that the first paper of a model is found by an index. A paper's rows here are written with it.
ALTER TABLE paper_models ADD COLUMN published_on date;
UPDATE paper_models pm SET published_on = p.published_on
FROM papers p WHERE p.id = pm.paper_id AND p.published_on IS NOT NULL;
CREATE INDEX paper_models_first ON paper_models (model_id, published_on, paper_id) WHERE published_on IS NOT NULL;

-- The spelling whose key it is; null where it was written before this column was there.
ALTER TABLE model_aliases ADD COLUMN spelling text;

CREATE INDEX models_parent_id ON models (parent_id, paper_count DESC, slug);
