#!/usr/bin/env python3
"""Writes the corpus' hand-made seeds: small samples of every format, binary ones and text. Nobody's data.

Usage: make_seeds.py [--spiece] (SentencePiece models need the sentencepiece module; left as they are without --spiece)
"""
import gzip
import io
import json
import pathlib
import struct
import sys
import zipfile

CORPUS = pathlib.Path(__file__).parent / "corpus"


def write(target, name, content):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


# The tasks of a target in the order of all_readers(): two letters select task and rules (task_rows.h).
TASKS = {"tsv": "mnli qqp qnli sst2 stsb mrpc rte cola scitail paws".split(),
         "csv": ["yelp"],
         "json_lines": "boolq cb wic wsc multirc record winogrande".split(),
         "squad_json": "squad nq hotpotqa searchqa newsqa".split()}


def write_rows(target, task, name, content):
    content = content if isinstance(content, bytes) else content.encode()
    letter = ord("A") + 2 * TASKS[target].index(task)
    for rules, suffix in enumerate(("", "_authors")):
        write(target, name + suffix, bytes([letter + rules]) + content)


def lines(*rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def tables():
    write_rows("tsv", "sst2", "sst2", "sentence\tlabel\nthe sea is calm \t1\na grey day\t0\n")
    write_rows("tsv", "cola", "cola", "ab12\t1\t\tThe boat sails.\nab12\t0\t*\tThe sails boat a.\n")
    write_rows("tsv", "mrpc", "mrpc", "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t10\t11\tA \"cat\" sat.\tThe cat sat.\n")
    write_rows("tsv", "mnli", "mnli", "index\tpairID\tsentence1\tsentence2\tgold_label\n0\t1n\tIt rains.\tIt is wet.\tentailment\n"
          "1\t2n\tIt snows.\tIt is hot.\t-\n")
    write_rows("tsv", "qqp", "qqp", "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n5\t1\t2\tWhy?\tHow?\t0\n")
    write_rows("tsv", "qnli", "qnli", "index\tquestion\tsentence\tlabel\n0\tWho?\tMe.\tnot_entailment\n")
    write_rows("tsv", "rte", "rte", "\ufeffindex\tsentence1\tsentence2\tlabel\r\n0\tIt rains.\tWet.\tentailment\r\n")
    write_rows("tsv", "stsb", "stsb", "index\tgenre\tsentence1\tsentence2\tscore\n0\tnews\tA b.\tC d.\t3.700\n1\tnews\tE\tF\t\n")
    write_rows("tsv", "scitail", "scitail", "Water boils.\tIt is hot.\tneutral\nIce floats.\tIce is light.\tentails\n")
    write_rows("tsv", "paws", "paws", "id\tsentence1\tsentence2\tlabel\n1\tflights from A to B\tflights from B to A\t0\n")
    write_rows("tsv", "sst2", "compressed", gzip.compress(b"sentence\tlabel\nthe sea\t1\n", mtime=0))
    write_rows("tsv", "sst2", "exported", lines({"sentence": "the sea", "label": 1, "idx": 0}, {"sentence": "x", "label": -1}))
    write_rows("csv", "yelp", "yelp", '"2","A ""fine"" place\\nto eat, sit"\n"1","Never\nagain"\n')
    write_rows("csv", "yelp", "named", 'text,label2\n"good, cheap",1\nbad,0\n')
    write_rows("csv", "yelp", "open_quote", '"1","never closed\n"2","x"\n')


def json_rows():
    write_rows("json_lines", "boolq", "boolq", lines({"question": "is it", "passage": "It is.", "idx": 0, "label": True}))
    write_rows("json_lines", "cb", "cb", lines({"premise": "p", "hypothesis": "h", "label": "neutral", "idx": 3}))
    write_rows("json_lines", "wic", "wic", lines({"word": "bank", "sentence1": "A bank.", "sentence2": "The bank.", "idx": 0,
                                      "label": False, "start1": 2, "start2": 4, "end1": 6, "end2": 8}))
    write_rows("json_lines", "wsc", "wsc", lines({"text": "Mark told Pete that he won.", "idx": 0, "label": True,
                                      "target": {"span1_index": 0, "span1_text": "Mark", "span2_index": 4,
                                                 "span2_text": "he"}}))
    write_rows("json_lines", "wsc", "wsc_export", lines({"text": "Mark told Pete that he won.", "span1_text": "Mark",
                                             "span2_text": "he", "span1_index": 0, "span2_index": 4, "label": 1}))
    write_rows("json_lines", "multirc", "multirc", lines({"idx": 0, "version": 1.1, "passage": {
        "text": "<b>Sent 1: </b>It rained.<br>", "questions": [
            {"question": "What?", "idx": 0, "answers": [{"text": "Rain", "idx": 0, "label": 1},
                                                        {"text": "Snow", "idx": 1, "label": 0}]}]}}))
    write_rows("json_lines", "multirc", "multirc_export", lines({"paragraph": "It rained.", "question": "What?", "answer": "Rain",
                                                 "label": 1, "idx": {"paragraph": 0, "question": 0, "answer": 1}}))
    write_rows("json_lines", "record", "record", lines({"source": "x", "passage": {
        "text": "Anna met Bob.\n@highlight\nThey talked", "entities": [{"start": 0, "end": 3}, {"start": 9, "end": 11}]},
        "qas": [{"query": "Then @placeholder left", "idx": 0, "answers": [{"start": 0, "end": 3, "text": "Anna"}]}],
        "idx": 0}))
    write_rows("json_lines", "record", "record_export", lines({"passage": "Anna met Bob.", "query": "@placeholder left",
                                                "entities": ["Anna", "Bob"], "answers": ["Bob"],
                                                "idx": {"passage": 0, "query": 1}}))
    write_rows("json_lines", "winogrande", "winogrande", lines({"qID": "A-1", "sentence": "The _ fell on Bo", "option1": "cup",
                                             "option2": "pan", "answer": "1"}))
    write_rows("json_lines", "boolq", "list", json.dumps([{"question": "q", "passage": "p", "label": 1}]))
    write_rows("json_lines", "boolq", "odd", '{"question": "\\ud83d\\ude00", "passage": "\\u0000", "label": 1e5}\n{"label": \n[]\n')
    squad = {"data": [{"title": "T", "paragraphs": [{"context": "The sea is deep.", "qas": [
        {"id": "q1", "question": "What?", "answers": [{"text": "The sea", "answer_start": 0}]},
        {"id": "q2", "question": "How?", "answers": [{"text": "deep", "answer_start": 11},
                                                     {"text": "deep.", "answer_start": 11}]}]}]}], "version": "1.1"}
    write_rows("squad_json", "squad", "squad", json.dumps(squad))
    write_rows("squad_json", "squad", "squad_indented", json.dumps(squad, indent=1))
    write_rows("squad_json", "squad", "squad_export", lines({"id": "q", "context": "The sea.", "question": "What?",
                                               "answers": {"text": ["sea", "The sea"], "answer_start": [4, 0]}}))
    for task, name in (("nq", "NaturalQuestions"), ("hotpotqa", "HotpotQA"), ("searchqa", "SearchQA"),
                       ("newsqa", "NewsQA")):
        write_rows("squad_json", task, "mrqa_" + task, lines({"header": {"dataset": name, "split": "dev"}}, {
            "context": "[PAR] [TLE] Sea [SEP] The sea.", "qas": [
                {"qid": "a", "question": "what", "answers": ["sea"],
                 "detected_answers": [{"text": "sea", "char_spans": [[26, 28]]}]}]}))
    write_rows("squad_json", "newsqa", "mrqa_compressed", gzip.compress(lines(
        {"header": {"dataset": "NewsQA"}}, {"context": "c", "qas": [{"question": "q", "qid": 1, "answers": [],
                                                                      "detected_answers": [{"text": "c"}]}]}).encode(),
        mtime=0))
    write_rows("squad_json", "hotpotqa", "hotpotqa_original", json.dumps([{
        "_id": "h", "question": "who", "answer": "Bo", "supporting_facts": [["A", 0]],
        "context": [["A", ["Bo sat. ", "He ate."]], ["B", ["No."]]]}]))
    write_rows("squad_json", "searchqa", "mrqa_export", lines({"subset": "SearchQA", "context": "c", "question": "q", "key": "k",
                                              "answers": ["c"]}))


def tensors():
    def safetensors(header, data):
        text = json.dumps(header).encode()
        return struct.pack("<Q", len(text)) + text + data
    write("safetensors", "prompt", safetensors({"prompt": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}},
                                               struct.pack("<4f", 1, -2, 0.5, 3e38)))
    write("safetensors", "types", safetensors({
        "__metadata__": {"format": "pt"}, "a": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]},
        "b": {"dtype": "F16", "shape": [1, 2], "data_offsets": [4, 8]},
        "c": {"dtype": "I64", "shape": [], "data_offsets": [8, 16]},
        "d": {"dtype": "F64", "shape": [1], "data_offsets": [16, 24]},
        "e": {"dtype": "I32", "shape": [2], "data_offsets": [24, 32]}}, bytes(range(32))))
    for dtype, data in (("BF16", b"\x80\x3f\x80\xff"), ("F16", b"\x00\x7c\x01\x80"),
                        ("F64", struct.pack("<2d", 1e300, float("nan")))):
        write("safetensors", dtype.lower(), safetensors(
            {"prompts": {"dtype": dtype, "shape": [1, 1, 2], "data_offsets": [0, len(data)]}}, data))
    write("safetensors", "empty_header", safetensors({}, b""))

    def npy(version, header, data):
        text = header.encode() + b"\n"
        length = struct.pack("<H" if version == 1 else "<I", len(text))
        return b"\x93NUMPY" + bytes([version, 0]) + length + text + data
    write("npy", "float32", npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }",
                                struct.pack("<2f", 1, -1)))
    write("npy", "float64", npy(2, "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 2), }",
                                struct.pack("<2d", 1e300, 0.1)))
    write("npy", "vector", npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", bytes(8)))
    write("npy", "large_shape", npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (999999999, 999999999, "
                                       "999999999), }", bytes(8)))


def torch_archives():
    """What torch.save writes, without torch: a stored ZIP of a pickle and of the values it refers to."""
    def pickle(globals_, size=b"K\x01K\x02\x86"):
        rebuild, storage = globals_
        return (b"\x80\x02c" + rebuild + b"\nq\x00((X\x07\x00\x00\x00storageq\x01c" + storage +
                b"\nq\x02X\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x02tq\x03QK\x00" + size +
                b"K\x02K\x01\x86\x89ccollections\nOrderedDict\n)Rtq\x04R.")

    def archive(pickled, extra=()):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as file:
            for name, data in [("p/data.pkl", pickled), ("p/data/0", bytes(8)), ("p/version", b"3\n"), *extra]:
                file.writestr(zipfile.ZipInfo(name), data)
        return content.getvalue()
    sound = pickle((b"torch._utils\n_rebuild_tensor_v2", b"torch\nFloatStorage"))
    write("torch_archive", "tensor", archive(sound))
    write("torch_archive", "pickle", sound)
    write("torch_archive", "script", archive(sound, [("p/constants.pkl", b"\x80\x02).")]))
    write("torch_archive", "code", archive(b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R."))
    write("torch_archive", "long_number", b"\x80\x02\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f.")
    folder = {"peft_type": "LORA", "task_type": "SEQ_2_SEQ_LM", "r": 8, "lora_alpha": 16, "bias": "none",
              "base_model_name_or_path": "t5-base", "target_modules": ["q", "v"], "use_rslora": True}
    write("peft_config", "lora", json.dumps(folder))
    write("peft_config", "prefix", json.dumps({"peft_type": "PREFIX_TUNING", "num_virtual_tokens": 20, "num_layers": 12,
                                               "token_dim": 768, "num_transformer_submodules": 2, "r": None}))
    write("peft_config", "dept", json.dumps({"peft_type": "PROMPT_TUNING_LORA", "num_virtual_tokens": 60, "r": 30}))


def settings():
    config = {"model_type": "t5", "vocab_size": 32128, "d_model": 512, "d_kv": 64, "num_heads": 8, "d_ff": 2048,
              "num_layers": 6}
    write("t5_config", "v1_0", json.dumps(config))
    write("t5_config", "v1_1", json.dumps({**config, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False,
                                           "num_decoder_layers": 6, "relative_attention_num_buckets": 32,
                                           "relative_attention_max_distance": 128, "dropout_rate": 0.1,
                                           "layer_norm_epsilon": 1e-6, "pad_token_id": 0, "eos_token_id": 1,
                                           "decoder_start_token_id": 0}))
    write("toml", "sweep", """# a study
[study]
name = "small"
seeds = [1, 2]
[model]
path = 'backbones/t5'
[[trials]]
method = "attempt"
tasks = ["rte", "cb"]
train.learning_rate = [0.3, 3e-1, 1_000]
[data.rules]
"stsb.round" = "authors"
[task.rte]
files = { train = "a.tsv", test = '''b''' }
""")
    write("toml", "values", "a = [1, [2, 0x1f, 0b1], {b = true}]\nc = inf\nd = -nan\ne = 1e300\nf = \"\\u00e9\\n\\t\"\n"
                            "g = \"\"\"two\nlines\"\"\"\n\"\" = 0\n'k.\"y' = 1\n[[x]]\n[[x]]\ny.z = 1\n[x.y.w]\n")
    write("toml", "date", "a = 1979-05-27T07:32:00Z\n")
    write("toml", "option", "[1, 2]")
    write("toml", "key", "a.\"b.c\".d")


def spiece():
    import sentencepiece
    words = "the sea is deep and the boat sails on the calm sea mm mmm a grey day".split()
    text = [" ".join(words[(i * 7 + j * j) % len(words)] for j in range(12)) for i in range(200)]
    for name, options in (("plain", {"normalization_rule_name": "identity"}),
                          ("normalised", {"normalization_rule_tsv": "rules.tsv"})):
        rules = pathlib.Path("rules.tsv")
        rules.write_text("FF21\t41\nFF22\t42\n20 20\t20\n65 301\tE9\n")
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(text), model_writer=model, vocab_size=48, pad_id=0, eos_id=1, unk_id=2, bos_id=-1,
            hard_vocab_limit=False, minloglevel=2, **options)
        rules.unlink()
        write("spiece", name, model.getvalue())


tables()
json_rows()
tensors()
torch_archives()
settings()
if "--spiece" in sys.argv:
    spiece()
