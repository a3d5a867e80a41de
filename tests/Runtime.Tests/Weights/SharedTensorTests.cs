using System.Text.Json;
using Interp.Runtime.Weights;

namespace Interp.Runtime.Tests.Weights;

/// <summary>
/// Tensors that are shared, stored once under either name or twice, and heads that the settings call tied and that are not. The logits are those of a
/// checkpoint that says the same without sharing: equal, since the numbers are.
/// </summary>
public sealed class SharedTensorTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    /// <summary>Fixtures with tied embeddings: folder, name of the embedding, name of the head.</summary>
    public static TheoryData<string, string, string> Tied => new()
    {
        { "llama_mha_tied", "model.embed_tokens.weight", "lm_head.weight" },
        { "gpt2", "transformer.wte.weight", "lm_head.weight" },
        { "gpt_neo", "transformer.wte.weight", "lm_head.weight" },
        { "bloom", "transformer.word_embeddings.weight", "lm_head.weight" },
        { "falcon", "transformer.word_embeddings.weight", "lm_head.weight" },
        { "opt", "model.decoder.embed_tokens.weight", "lm_head.weight" },
        { "opt_350m_style", "model.decoder.embed_tokens.weight", "lm_head.weight" },
        { "gemma2", "model.embed_tokens.weight", "lm_head.weight" },
        { "bert", "bert.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight" },
        { "roberta", "roberta.embeddings.word_embeddings.weight", "lm_head.decoder.weight" },
        { "distilbert", "distilbert.embeddings.word_embeddings.weight", "vocab_projector.weight" },
    };

    public void Dispose() => directory.Dispose();

    [Theory]
    [MemberData(nameof(Tied))]
    public void One_of_two_tied_matrices_is_enough_whichever_it_is(string fixture, string embedding, string head)
    {
        TransformerModel stored = TransformerModel.Load(Fixtures.Require("hf/" + fixture));
        Dictionary<string, NamedTensor> tensors = Tensors(fixture);
        tensors.Remove(head);
        float[] expected = Logits(stored);
        Assert.True(stored.Config.TiedUnembedding);
        Assert.Equal(expected, Logits(Put(fixture, tensors, [])));

        // The head alone, with the note of save_model, either way round, and without one.
        NamedTensor matrix = tensors[embedding];
        tensors.Remove(embedding);
        tensors[head] = NamedTensor.Float(head, [.. matrix.Shape], matrix.FloatData.ToArray());
        foreach (Dictionary<string, string> note in new Dictionary<string, string>[] { new() { [embedding] = head }, new() { [head] = embedding }, [] })
        {
            TransformerModel model = Put(fixture, tensors, note);
            Assert.True(model.Config.TiedUnembedding);
            Assert.Equal(stored.Weights.Parameters(true), model.Weights.Parameters(model.Config.TiedUnembedding));
            Assert.Equal(expected, Logits(model));
        }
    }

    [Theory]
    [MemberData(nameof(Tied))]
    public void A_head_that_the_checkpoint_has_besides_is_the_head(string fixture, string embedding, string head)
    {
        Dictionary<string, NamedTensor> tensors = Tensors(fixture);
        float[] matrix = tensors[embedding].FloatData.ToArray();
        int[] shape = [.. tensors[embedding].Shape];
        tensors[head] = NamedTensor.Float(head, shape, matrix);
        TransformerModel same = Put(fixture, tensors, []);
        float[] expected = Logits(same);
        Assert.True(same.Config.TiedUnembedding);

        // A head of twice the numbers gives logits of twice the size, but for its bias.
        tensors[head] = NamedTensor.Float(head, shape, matrix.Select(x => 2 * x).ToArray());
        TransformerModel other = Put(fixture, tensors, []);
        float[] found = Logits(other);
        Assert.Equal(fixture == "opt_350m_style", other.Config.TiedUnembedding);
        if (other.Config.LogitSoftCap is null && other.Weights.Unembed.Bias.IsEmpty)
        {
            Assert.Equal(expected.Select(x => 2 * x), found);
        }

        Assert.NotEqual(expected, found);
    }

    [Fact]
    public void An_untied_model_reads_a_shared_head_by_the_note()
    {
        Dictionary<string, NamedTensor> tensors = Tensors("llama_mha_tied");
        TransformerModel model = Put("llama_mha_tied", tensors, new() { ["lm_head.weight"] = "model.embed_tokens.weight", ["format"] = "pt" }, tied: false);
        Assert.Equal(Logits(TransformerModel.Load(Fixtures.Require("hf/llama_mha_tied"))), Logits(model));
        Refused.With(
            () => Put("llama_mha_tied", tensors, new() { ["format"] = "pt" }, tied: false), "'lm_head.weight'", "is missing");
    }

    [Fact]
    public void Notes_that_are_no_names_are_no_tensors_and_two_notes_must_agree()
    {
        NamedTensor a = NamedTensor.Float("a", [1], new[] { 1f }), b = NamedTensor.Float("b", [1], new[] { 2f });
        SafetensorsWriter.Write(directory.At("model.safetensors"), [a, b], new Dictionary<string, string> { ["c"] = "a", ["x"] = "y", ["format"] = "pt" });
        using (Checkpoint checkpoint = Checkpoint.Open(directory.FullPath))
        {
            Assert.Equal(["a", "b"], checkpoint.Names);
            Assert.Equal([1f], checkpoint.Read("c", 1));
            Assert.Equal(["b"], checkpoint.Unused);
            Assert.False(checkpoint.Contains("x") || checkpoint.Contains("format") || checkpoint.Contains("pt"));
            Assert.Equal(SafetensorsType.F32, checkpoint.TypeOf("c"));
        }

        SafetensorsWriter.Write(directory.At("model.safetensors"), [a, b], new Dictionary<string, string> { ["a"] = "c", ["c"] = "b" });
        Refused.With(() => Checkpoint.Open(directory.FullPath).Dispose(), "__metadata__", "'c'", "'a' and 'b'");
    }

    private static Dictionary<string, NamedTensor> Tensors(string fixture)
    {
        using Checkpoint checkpoint = Checkpoint.Open(Fixtures.Require("hf/" + fixture));
        return checkpoint.Names.Where(name => checkpoint.TypeOf(name)!.Value.IsFloat()).ToDictionary(
            name => name, name => NamedTensor.Float(name, checkpoint.ShapeOf(name), checkpoint.Read(name, checkpoint.ShapeOf(name))));
    }

    private TransformerModel Put(string fixture, Dictionary<string, NamedTensor> tensors, Dictionary<string, string> notes, bool? tied = null)
    {
        string config = File.ReadAllText(Path.Combine(Fixtures.Require("hf/" + fixture), "config.json"));
        if (tied is { } value)
        {
            Dictionary<string, object?> settings = JsonSerializer.Deserialize<Dictionary<string, object?>>(config)!;
            settings["tie_word_embeddings"] = value;
            config = JsonSerializer.Serialize(settings);
        }

        directory.Put("config.json", config);
        SafetensorsWriter.Write(directory.At("model.safetensors"), tensors.Values, notes);
        return TransformerModel.Load(directory.FullPath);
    }

    private static float[] Logits(TransformerModel model)
    {
        RunResult run = model.Run([5, 9, 41, 7]);
        return [.. Enumerable.Range(0, 4).SelectMany(p => run.LogitsAt(0, p).ToArray())];
    }
}
