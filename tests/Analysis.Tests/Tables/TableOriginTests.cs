using Interp.Runtime;

namespace Interp.Analysis.Tests.Tables;

/// <summary>P8: a table that the library makes says of which model, prompts and seed it is, whoever writes it.</summary>
public sealed class TableOriginTests
{
    private static readonly PromptPair Pair = new() { Clean = [1, 5, 2, 7], Corrupted = [1, 6, 2, 7], Answers = [3], Wrongs = [4] };

    [Fact]
    public void Tables_say_model_prompts_and_seed()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(), 1);
        var options = new SweepOptions { Sites = ["z"] };
        ResultTable patching = PatchingSweep.Run(model, [Pair], options);
        Assert.Equal(model.Sha256, patching.Metadata[ResultMetadata.ModelSha256]);
        Assert.DoesNotContain(ResultMetadata.Seed, patching.Metadata.Keys);

        // Token ids as text, one prompt a line: computed by hand.
        Assert.Equal(
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("1 5 2 7|1 6 2 7|3|4|\n"u8)),
            patching.Metadata[ResultMetadata.DataSha256]);
        Assert.Equal("7", SweepSummary.Of(patching, seed: 7).Metadata[ResultMetadata.Seed]);
        Assert.Equal("5", CausalTracing.Run(model, [Pair], options, new NoiseOptions { Seed = 5, Draws = 1 }).Metadata[ResultMetadata.Seed]);
        Assert.Equal(model.Sha256, WeightTables.Circuits(model, qk: true).Metadata[ResultMetadata.ModelSha256]);
        Assert.Equal("3", HeadScores.Table(model, [Pair], seed: 3).Metadata[ResultMetadata.Seed]);
    }

    [Fact]
    public void Processed_weights_have_a_hash_of_their_own_and_say_what_they_derive_from()
    {
        TransformerModel model = RandomModel.Create(RandomModel.Config(), 1);
        TransformerModel processed = WeightProcessing.Apply(model, [ProcessStep.FoldNorm]).Model;
        Assert.NotEqual(model.Sha256, processed.Sha256);
        Assert.Equal(model.Sha256, processed.DerivedFrom);
        Assert.Null(model.DerivedFrom);
        IReadOnlyDictionary<string, string> metadata = WeightTables.Circuits(processed, qk: true).Metadata;
        Assert.Equal(processed.Sha256, metadata[ResultMetadata.ModelSha256]);
        Assert.Equal(model.Sha256, metadata[ResultMetadata.ModelDerivedFrom]);
        Assert.Equal(processed.Sha256, WeightProcessing.Apply(RandomModel.Create(RandomModel.Config(), 1), [ProcessStep.FoldNorm]).Model.Sha256);
    }

    [Fact]
    public void A_row_that_is_not_finite_is_refused_with_its_place()
    {
        TransformerModel model = DemoModel.Create();
        var table = new LensTable(model);
        table.Table.AddRow(new LensRow(0, null, null, "resid_pre", 1, null, 2, "a", "b", 0, "c", 1, 1, 1, 1));
        string message = Assert.Throws<InvalidInputException>(() => table.Table.AddRow(
            new LensRow(3, null, null, "resid_pre", 1, null, 2, "a", "b", 0, "c", 1, 1, double.NaN, 1))).Message;
        Assert.StartsWith("table lens: expected finite numbers, found entropy NaN first at prompt 3", message, StringComparison.Ordinal);
        Assert.Contains("layer 1, pos 2", message, StringComparison.Ordinal);
    }
}
