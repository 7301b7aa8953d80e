-- What suggestions are found by beside papers_title and repos_name: the words inside titles, and the beginnings of
-- owner/name and of a model's spellings, byte by byte whatever the collation of the database. Indexes only, so
-- suggestions are true as soon as a paper is there.

-- "long-document qa" -> {long,document,qa}, each behind the prefix; of a folded text (names.fold_title). Neither quotes
-- nor backslashes are left.
CREATE FUNCTION title_words(title text, prefix text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT COST 10000
AS $$
BEGIN
    RETURN array_remove(string_to_array(prefix || regexp_replace(
        title, '[ -/:-@[-`{-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u2000-\u206f\u3000-\u303f]+', ' ' || prefix, 'g'
    ), ' '), prefix);
END
$$;

-- "long-document qa" -> '7document' '7long' '7qa': its words, and which of sixteen parts of all titles it is in. A GIN
-- index reads all that match before it gives the first, so a frequent word is looked up in one part after the other,
-- until there is enough.
-- Said to be costly, so that it is never computed row after row where the index can answer. The body is bound when it
-- is made, as indexes are built with nothing but pg_catalog on the search path.
CREATE FUNCTION title_vector(title text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT COST 10000
RETURN array_to_tsvector(title_words(title, left(md5(title), 1)));

-- The words of what somebody has typed of a title, as a query for titles that have them anywhere, with # for the part;
-- null when nothing is left to look up. Words that very many titles have are left out. The last word may be unfinished,
-- so it is looked up as a beginning, unless it is a letter or two, or begins many words (last_is_rare) while there are
-- others to look up: has_last says.
-- Parallel unsafe keeps the whole statement in one process: to start another takes longer than to find suggestions.
CREATE FUNCTION title_query(words text[], last_is_rare boolean, OUT query text, OUT has_last boolean)
LANGUAGE sql IMMUTABLE PARALLEL UNSAFE STRICT
AS $$
SELECT CASE WHEN looked_up THEN concat_ws(' & ', others, format('''#%s'':*', last)) ELSE others END, looked_up
FROM (
    SELECT others, last, octet_length(last) > 2 AND last <> ALL (common) AND (last_is_rare OR others IS NULL) AS looked_up
    FROM (
        SELECT words[cardinality(words)] AS last, common, (
            SELECT string_agg(format('''#%s''', word), ' & ')
            FROM unnest(trim_array(words, 1)) AS word WHERE word <> ALL (common)
        ) AS others
        FROM (VALUES (
            '{a,an,and,as,at,based,by,for,from,in,is,of,on,or,the,to,towards,using,via,with}'::text[]
        )) AS often (common)
    ) AS parted
) AS judged
$$;

-- Of new words only a short list waits (64 kB, some 200 papers): every part that is asked reads it too.
CREATE INDEX papers_title_words ON papers USING gin (title_vector(title_sort))
    WITH (fastupdate = on, gin_pending_list_limit = 64);
CREATE INDEX repos_path ON repos (lower(owner || '/' || name) text_pattern_ops);
CREATE INDEX model_aliases_prefix ON model_aliases (key text_pattern_ops, model_id);
