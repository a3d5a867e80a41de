using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace Interp.Cli.Tests;

/// <summary>
/// What is wrong with a checkpoint or a prompt is one line on stderr and exit code 2, whatever the command, and nothing is
/// written.
/// </summary>
public sealed class BadInputTests
{
    private const string Weights = "model.safetensors", Tensor = "h.0.attn.c_proj.weight";

    private static readonly Dictionary<string, (Action<string> Break, string[] Words)> Checkpoints = new()
    {
        ["a truncated header"] = (Bytes(b => b[..40]), [Weights, "expected a header length", "found"]),
        ["an oversized header"] = (Bytes(b => [.. BitConverter.GetBytes(1L << 40), .. b[8..]]), [Weights, "header length"]),
        ["cut data"] = (Bytes(b => b[..^4]), [Weights, "out of range", "bytes of data"]),
        ["surplus data"] = (Bytes(b => [.. b, 0]), [Weights, "bytes that belong to no tensor"]),
        ["overlapping offsets"] = (Header(h => Shift(h, -4, -4)), [Weights, Tensor, "overlap", "h.0.attn.c_attn.bias"]),
        ["more bytes than the shape has"] = (Header(h => Shift(h, -4, 0)), [Weights, Tensor, "expected 1024 bytes", "found 1028"]),
        ["offsets out of range"] = (
            Header(h => h["wte.weight"]!["data_offsets"] = new JsonArray(1L << 40, (1L << 40) + (4 * 23 * 16))), [Weights, "wte.weight", "out of range"]),
        ["a wrong dtype"] = (Header(h => h[Tensor]!["dtype"] = "I32"), [Tensor, "expected", "I32"]),
        ["an unknown dtype"] = (Header(h => h[Tensor]!["dtype"] = "F7"), [Tensor, "F7"]),
        ["a missing tensor"] = (Header(h => Rename(h, Tensor, "h.0.attn.c_porj.weight")), [Tensor, "[16, 16]", "missing", "h.0.attn.c_porj.weight"]),
        ["an extra tensor"] = (Config(c => c["n_layer"] = 1), ["expected only tensors that the model uses", "h.1."]),
        ["a misshapen tensor"] = (Header(h => h[Tensor]!["shape"] = new JsonArray(8, 32)), [Tensor, "[16, 16]", "[8, 32]"]),
        ["an unknown model_type"] = (Config(c => c["model_type"] = "gpt9"), ["model_type 'gpt9'", "gpt2"]),
        ["no model_type"] = (Config(c => c.Remove("model_type")), ["config.json", "model_type"]),
        ["fields that contradict each other"] = (Config(c => c["n_head"] = 3), ["3", "16"]),
        ["a config of another size"] = (Config(c => c["n_embd"] = 32), ["wte.weight", "[23, 32]", "[23, 16]"]),
        ["a config that is not JSON"] = (d => File.WriteAllText(Path.Combine(d, "config.json"), "{"), ["config.json", "JSON"]),
        ["a config without a size"] = (Config(c => c.Remove("n_embd")), ["config.json", "n_embd"]),
        ["no config"] = (d => File.Delete(Path.Combine(d, "config.json")), ["expected a config.json"]),
        ["a missing shard"] = (Shards, ["model-00002-of-00002.safetensors"]),
        ["no weights"] = (d => File.Delete(Path.Combine(d, Weights)), ["safetensors", "found none"]),
    };

    private static readonly Dictionary<string, (string[] Arguments, string[] Words)> Inputs = new()
    {
        ["a token id out of range"] = (["run", "--tokens", "1 23"], ["--tokens", "token id 23", "0..22"]),
        ["a negative token id"] = (["run", "--tokens", "-1"], ["--tokens", "token id -1", "0..22"]),
        ["an empty prompt"] = (["run", "--tokens", ""], ["--tokens", "expected token ids"]),
        ["a prompt longer than the context"] = (["cache", "--tokens", "1 2 3 4 5 6 7 8 9 1 2 3 4"], ["1 to 12 tokens", "found 13"]),
        ["the second of two prompts"] = (["run", "--tokens", "1 2", "--tokens", "3 99"], ["--tokens 2", "token id 99"]),
        ["text without a tokenizer"] = (["run", "--prompt", "Hello"], ["no tokenizer", "token ids"]),
        ["an answer without a tokenizer"] = (["decompose", "--tokens", "1", "--answer", " Mary"], ["no tokenizer", "token ids"]),
        ["an answer id out of range"] = (["decompose", "--tokens", "1", "--answer-token", "23"], ["--answer-token", "token id 23"]),
        ["a wrong id that is no number"] = (
            ["ablate", "--tokens", "1", "--answer-token", "1", "--wrong-token", "x"], ["--wrong-token", "expected a whole number", "'x'"]),
        ["an answer that is the wrong token"] = (
            ["decompose", "--tokens", "1", "--answer-token", "3", "--wrong-token", "3"], ["prompt 0", "differ", "token 3"]),
        ["an unknown hook"] = (["cache", "--tokens", "1", "--hooks", "resid_prre0"], ["hook 'resid_prre0'", "resid_pre0"]),
        ["a glob that matches nothing"] = (["cache", "--tokens", "1", "--hooks", "blocks.*.hook_zz"], ["'blocks.*.hook_zz'", "matches no hook point"]),
        ["a hook that this model lacks"] = (["cache", "--tokens", "1", "--hooks", "rot_q0"], ["rot_q", "not rotary"]),
        ["a layer out of range"] = (["cache", "--tokens", "1", "--hooks", "z2"], ["layer 2", "0..1"]),
        ["a position out of range"] = (["run", "--tokens", "1 2", "--pos", "2"], ["position 2", "-2..1"]),
        ["a position of decompose"] = (["decompose", "--tokens", "1 2", "--pos", "-3"], ["position -3", "-2..1"]),
        ["a head out of range"] = (["run", "--tokens", "1 2", "--interventions", "HEAD"], ["head 4", "0..3"]),
        ["a position of an intervention"] = (["run", "--tokens", "1 2", "--interventions", "POSITION"], ["position 5"]),
        ["an unknown hook of an intervention"] = (["generate", "--tokens", "1 2", "--interventions", "HOOK"], ["'zz1'"]),
        ["prompts of different length"] = (
            ["patch", "--clean-tokens", "1 2", "--corrupted-tokens", "1", "--answer-token", "1"], ["2 tokens", "the corrupted one 1"]),
        ["no corrupted prompt"] = (["patch", "--clean-tokens", "1 2", "--answer-token", "1"], ["--clean-tokens", "--corrupted"]),
    };

    public static TheoryData<string> CheckpointNames => [.. Checkpoints.Keys];

    public static TheoryData<string> InputNames => [.. Inputs.Keys];

    [Theory]
    [MemberData(nameof(CheckpointNames))]
    public void A_broken_checkpoint_is_refused_by_every_command(string name)
    {
        using var work = new Workspace();
        string model = work.PutModel();
        Checkpoints[name].Break(model);
        foreach (string[] command in new string[][]
                 {
                     ["info"], ["run", "--tokens", "1", "--out", "o.csv"], ["generate", "--tokens", "1", "--out", "o.jsonl"],
                     ["cache", "--tokens", "1", "--out", "o.safetensors"],
                     ["decompose", "--tokens", "1", "--out", "o.csv"],
                     ["patch", "--clean-tokens", "1", "--corrupted-tokens", "2", "--answer-token", "1", "--metric", "logit", "--out", "o.csv"],
                     ["ablate", "--tokens", "1", "--answer-token", "1", "--metric", "logit", "--out", "o.csv"],
                 })
        {
            Refuses(work, model, command, Checkpoints[name].Words);
        }
    }

    [Theory]
    [MemberData(nameof(InputNames))]
    public void A_bad_input_is_refused_in_one_line(string name)
    {
        using var work = new Workspace();
        string model = work.PutModel();
        (string[] arguments, string[] words) = Inputs[name];
        work.Put("HEAD", Intervention("\"hook\": \"z1\", \"heads\": [4]"));
        work.Put("POSITION", Intervention("\"hook\": \"z1\", \"positions\": [5]"));
        work.Put("HOOK", Intervention("\"hook\": \"zz1\""));
        string ending = arguments[0] == "cache" ? "o.safetensors" : "o.csv";
        Refuses(work, model, [.. arguments.Select(a => File.Exists(work.At(a)) ? work.At(a) : a), "--out", ending], words);
    }

    [Fact]
    public void An_answer_of_two_tokens_is_refused_with_its_tokens() => Tool.Refuses(
        ["decompose", "--model", "demo", "--prompt", "Mary", "--answer", "met John"],
        "--answer 'met John' is 2 tokens ('met', 'John'); expected one");

    [Fact]
    public void A_remark_on_the_data_does_not_stand_beside_an_error()
    {
        using var work = new Workspace();
        string data = work.Put("d.csv", "clean,corrupted,answer,wrong,note\nMary,Anna met,met,saw,x\n");
        Tool.Refuses(["patch", "--model", "demo", "--data", data], "d.csv, line 2", "expected the same number");
    }

    private static void Refuses(Workspace work, string model, string[] command, string[] words)
    {
        string[] before = work.Entries;
        Tool.Refuses([.. command.Select(a => a.StartsWith("o.", StringComparison.Ordinal) ? work.At(a) : a), "--model", model], words);
        Assert.Equal(before, work.Entries);
    }

    private static string Intervention(string fields) =>
        $$"""{"interp.interventions": 1, "interventions": [{"type": "ablate", "kind": "zero", {{fields}}}]}""";

    private static Action<string> Bytes(Func<byte[], byte[]> change) => directory =>
    {
        string path = Path.Combine(directory, Weights);
        File.WriteAllBytes(path, change(File.ReadAllBytes(path)));
    };

    private static Action<string> Header(Action<JsonObject> change) => Bytes(bytes =>
    {
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        JsonObject header = JsonNode.Parse(bytes.AsSpan(8, length))!.AsObject();
        change(header);
        byte[] text = Encoding.UTF8.GetBytes(header.ToJsonString());
        return [.. BitConverter.GetBytes((long)text.Length), .. text, .. bytes[(8 + length)..]];
    });

    private static Action<string> Config(Action<JsonObject> change) => directory =>
    {
        string path = Path.Combine(directory, "config.json");
        JsonObject config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(config);
        File.WriteAllText(path, config.ToJsonString());
    };

    private static void Shift(JsonObject header, int begin, int end)
    {
        JsonArray offsets = header[Tensor]!["data_offsets"]!.AsArray();
        header[Tensor]!["data_offsets"] = new JsonArray((long)offsets[0]! + begin, (long)offsets[1]! + end);
    }

    private static void Rename(JsonObject header, string from, string to)
    {
        JsonNode entry = header[from]!.DeepClone();
        header.Remove(from);
        header[to] = entry;
    }

    private static void Shards(string directory)
    {
        File.Move(Path.Combine(directory, Weights), Path.Combine(directory, "model-00001-of-00002.safetensors"));
        File.WriteAllText(
            Path.Combine(directory, "model.safetensors.index.json"),
            """{"weight_map": {"wte.weight": "model-00001-of-00002.safetensors", "wpe.weight": "model-00002-of-00002.safetensors"}}""");
    }
}
