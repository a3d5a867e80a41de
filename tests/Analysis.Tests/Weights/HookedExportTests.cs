using CsCheck;
using Interp.Runtime;
using Interp.Runtime.Weights;

namespace Interp.Analysis.Tests.Weights;

/// <summary>Models in memory, written in TransformerLens' format and read again.</summary>
public sealed class HookedExportTests
{
    [Fact]
    public void A_processed_model_that_was_written_and_read_has_the_same_bits() =>
        Gen.Select(RandomModel.Configs, Gen.Int[0, 1000]).Sample(
            (config, seed) =>
            {
                TransformerModel model = RandomModel.Create(config, seed);
                ProcessStep[] steps = [.. Enum.GetValues<ProcessStep>().Where(s => WeightProcessing.Refusal(model, s) is null)];
                TransformerModel processed = WeightProcessing.Apply(model, steps, 1).Model;
                string folder = Directory.CreateTempSubdirectory("interp-hooked-").FullName;
                try
                {
                    try
                    {
                        HookedExport.Write(processed, Path.Combine(folder, "model.safetensors"));
                    }
                    catch (InvalidInputException exception) when (exception.Message.Contains("has no", StringComparison.Ordinal))
                    {
                        Assert.Empty(Directory.GetFiles(folder));
                        return;
                    }

                    int[] tokens = RandomModel.Tokens(6, seed);
                    TransformerModel read = TransformerModel.Load(folder);
                    Assert.Equal(processed.Run(tokens).LogitsAt(0, -1).ToArray(), read.Run(tokens).LogitsAt(0, -1).ToArray());
                }
                finally
                {
                    Directory.Delete(folder, recursive: true);
                }
            },
            iter: 150);
}
