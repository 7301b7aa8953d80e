-- Keyword search. The words of this field need care: "pre-training" and "pretraining" are one word,
-- and GPT-4, BERT_BASE, CodeT5+ must survive as terms. So text passes through search_text, which spells
-- it the way the default parser reads well, on its way into the index and on its way into a query.

CREATE TEXT SEARCH CONFIGURATION colophon (COPY = pg_catalog.english);

-- Lower case, no accents, no punctuation but hyphens and underscores inside words and points inside numbers.
-- Every text passes through here: a step is skipped where nothing it changes can be (most text is ASCII).
CREATE FUNCTION search_text(t text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
BEGIN
    IF octet_length(t) = length(t) THEN
        t := lower(t);
    ELSE
        -- Compatibility forms and accents; one kind of hyphen.
        t := regexp_replace(lower(normalize(t, NFKD)), '[\u0300-\u036f\u00ad]', '', 'g');
        t := regexp_replace(t, '[\u2010-\u2013\u2212]', '-', 'g');
    END IF;
    -- CodeT5+, C++, C#
    IF strpos(t, '+') > 0 THEN
        t := regexp_replace(t, '([a-z0-9])\+\+', '\1plusplus', 'g');
        t := regexp_replace(t, '([a-z0-9])\+(?![a-z0-9])', '\1plus', 'g');
    END IF;
    IF strpos(t, '#') > 0 THEN
        t := regexp_replace(t, '\m([cf])#', '\1sharp', 'g');
    END IF;
    -- What can be a word of its own is joined only across a hyphen: "re-ranking" is "reranking".
    IF strpos(t, '-') > 0 THEN
        t := regexp_replace(t, '\m(re|co|un|de|bi|tri|uni|sub|auto|meta|mini|micro|macro|hyper|super|ultra|trans|post|counter|neuro|bio|geo|hetero|homo)-(?=[a-z]{2})', '\1', 'g');
    END IF;
    -- "pre", "non" and the like never are: "pre trained" is "pretrained".
    t := regexp_replace(t, '\m(pre|non|multi|semi|anti|inter|intra|quasi|pseudo)[- ](?=[a-z]{2})', '\1', 'g');
    -- A point stays inside a number, but not in GPT3.5, Qwen2.5: after letters and digits it would read as a host name.
    IF strpos(t, '.') > 0 THEN
        t := regexp_replace(t, '([a-z][0-9]*)\.([0-9])', '\1\2', 'g');
        t := regexp_replace(t, '\.(?![0-9])|(?<![0-9])\.', ' ', 'g');
    END IF;
    -- What else is punctuation separates words.
    RETURN regexp_replace(t, '[!-,/:-@[-^`{-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u2014-\u206f\u3000-\u303f]', ' ', 'g');
END
$$;

-- "gpt-4 is" -> "gpt 4 is": each part of a compound is a word
CREATE FUNCTION search_parts(normal text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$ SELECT translate(normal, '-_', '  ') $$;

-- "llama-3-8b is" -> "llama38b llama3": and so is each compound as a whole, and a name with its version
CREATE FUNCTION search_compounds(normal text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$
SELECT coalesce(string_agg(translate(
    concat_ws(' ', found[1], substring(found[1] FROM '^([a-z]+[-_][0-9][a-z0-9.]*)[-_]')), '-_.', ''
), ' '), '')
FROM regexp_matches(normal, '[^-_\s]+(?:[-_]+[^-_\s]+)+', 'g') AS found
$$;

-- plpgsql, as an inlined SQL function would spell the text twice.
CREATE FUNCTION search_words(t text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    normal text := search_text(t);
BEGIN
    RETURN to_tsvector('colophon', search_parts(normal)) || to_tsvector('colophon', search_compounds(normal));
END
$$;

-- The words of a person's name: "Le-Cun, Yann" -> {le,cun,yann}
CREATE FUNCTION author_words(name text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$
SELECT coalesce(array_agg(word ORDER BY place) FILTER (WHERE word <> '' AND length(word) <= 200 AND word !~ '[\\'']'), '{}')
FROM regexp_split_to_table(search_parts(search_text(name)), '\s+') WITH ORDINALITY AS w (word, place)
$$;

-- An author's words as lexemes of their own ("@hinton"), so that one index answers author:hinton and words together.
-- Authors stand apart: a phrase never spans two of them.
CREATE FUNCTION search_authors(authors text[]) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$
SELECT coalesce(string_agg(format('%L:%s', '@' || word, least(author * 16 + place, 16383)), ' '), '')::tsvector
FROM unnest(authors) WITH ORDINALITY AS a (name, author),
    unnest(author_words(name)) WITH ORDINALITY AS w (word, place)
$$;

-- Papers that have the words of any of these names among their authors' words: a superset of those
-- with such an author (the words may be two persons'), for the index to answer.
CREATE FUNCTION author_query(names text[]) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$
SELECT coalesce(string_agg('(' || words || ')', ' | '), '')::tsquery
FROM unnest(names) AS n (name),
    LATERAL (SELECT string_agg(format('%L:B', '@' || word), ' & ') FROM unnest(author_words(name)) AS word) AS w (words)
$$;

-- Narrow, and never out of line: ranking reads it for every match, and out of line each would be a look-up more.
CREATE TABLE paper_search (
    paper_id bigint PRIMARY KEY REFERENCES papers ON DELETE CASCADE,
    -- Weight A: title; B: authors; D: abstract.
    words tsvector NOT NULL,
    -- Words in title and abstract, for length normalisation.
    length integer NOT NULL
) WITH (toast_tuple_target = 8160);
ALTER TABLE paper_search ALTER COLUMN words SET STORAGE MAIN;
-- New words wait in a list and go into the index many at once, which is most of what a load would else spend here, in
-- time and in WAL. Every search reads the list too, so it is short: 1 MB, some 500 papers.
CREATE INDEX paper_search_words ON paper_search USING gin (words) WITH (fastupdate = on, gin_pending_list_limit = 1024);

CREATE FUNCTION search_document(title text, abstract text, authors text[]) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$
SELECT setweight(search_words(title), 'A') || search_words(abstract) || setweight(search_authors(authors), 'B')
$$;

-- Of a search_document: how many words stand in title and abstract.
CREATE FUNCTION search_length(words tsvector) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$
SELECT coalesce(sum(cardinality(positions)), 0)::integer FROM unnest(words) WHERE lexeme NOT LIKE '@%'
$$;

-- One word of a query in the spelling of search_text.
-- "fine-tuning": as a whole, or its parts one after the other. Where stop words leave one part or none ("few-shot",
-- "in-context") only as a whole. "llama3": also as "llama 3".
CREATE FUNCTION search_word(word text) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    parts tsquery;
BEGIN
    IF word ~ '[^-_][-_]+[^-_]' THEN
        parts := phraseto_tsquery('colophon', search_parts(word));
        word := translate(word, '-_.', '');
    ELSIF word ~ '^[a-z]{2,}[0-9]+$' THEN
        parts := phraseto_tsquery('colophon', regexp_replace(word, '([a-z])([0-9])', '\1 \2'));
    ELSE
        RETURN plainto_tsquery('colophon', search_parts(word));
    END IF;
    IF numnode(parts) < 3 THEN
        RETURN plainto_tsquery('colophon', word);
    END IF;
    RETURN plainto_tsquery('colophon', word) || parts;
END
$$;

-- One term of a query: {"text", "phrase", "field": null | "title" | "author"}.
-- An empty tsquery means: nothing in it can be searched (a stop word, punctuation).
CREATE FUNCTION search_term(term jsonb) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    normal text := search_text(term ->> 'text');
    words text[] := regexp_split_to_array(btrim(normal), '\s+');
    word text;
    result tsquery := ''::tsquery;
BEGIN
    IF term ->> 'field' = 'author' THEN
        result := phraseto_tsquery('simple', search_parts(normal));
        RETURN regexp_replace(result::text, '''([^'']+)''', '''@\1'':B', 'g')::tsquery;
    ELSIF (term ->> 'phrase')::boolean AND cardinality(words) > 1 THEN
        result := phraseto_tsquery('colophon', search_parts(normal));
        -- "few-shot learning": the stop word that the phrase leaves out still counts.
        FOREACH word IN ARRAY words LOOP
            IF word ~ '[^-_][-_]+[^-_]' AND numnode(phraseto_tsquery('colophon', search_parts(word))) < 3 THEN
                result := result && plainto_tsquery('colophon', translate(word, '-_.', ''));
            END IF;
        END LOOP;
    ELSE
        FOREACH word IN ARRAY words LOOP
            result := result && search_word(word);
        END LOOP;
    END IF;
    IF term ->> 'field' = 'title' THEN
        RETURN regexp_replace(result::text, '''([^'']+)''', '''\1'':A', 'g')::tsquery;
    END IF;
    RETURN result;
END
$$;

-- A whole query, from words.parse_words: [[term, …], …], all of the clauses, any of a clause's terms;
-- a term with "negated" excludes.
CREATE FUNCTION search_query(clauses jsonb) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    clause jsonb;
    term jsonb;
    alternative tsquery;
    alternatives tsquery;
    result tsquery := ''::tsquery;
BEGIN
    FOR clause IN SELECT value FROM jsonb_array_elements(clauses) LOOP
        alternatives := ''::tsquery;
        FOR term IN SELECT value FROM jsonb_array_elements(clause) LOOP
            alternative := search_term(term);
            IF numnode(alternative) > 0 AND (term ->> 'negated')::boolean THEN
                alternative := !!alternative;
            END IF;
            alternatives := alternatives || alternative;
        END LOOP;
        result := result && alternatives;
    END LOOP;
    RETURN result;
END
$$;
