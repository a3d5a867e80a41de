namespace Interp.Runtime.Tests.Kernels;

public sealed class KernelInfoTests
{
    [Fact]
    public void Kernels_are_prepared_for_every_norm_and_activation()
    {
        KernelInfo.Prepare();
        ModelConfig demo = DemoModel.Create().Config;
        foreach (NormKind norm in Enum.GetValues<NormKind>())
        {
            KernelInfo.Prepare(demo with { Norm = norm });
        }

        foreach (ActivationFunction activation in Enum.GetValues<ActivationFunction>())
        {
            KernelInfo.Prepare(demo with { DMlp = 8, Activation = activation });
        }
    }

    [Theory]
    [InlineData(" AMD EPYC", "amd-epyc")]
    [InlineData(" Intel(R) Xeon(R) Processor", "intel-xeon-processor")]
    [InlineData("Intel(R) Core(TM) i7-1165G7 @ 2.80GHz", "intel-core-i7-1165g7-2.80ghz")]
    public void Results_are_kept_by_the_name_of_the_processor(string model, string folder) =>
        Assert.Equal(folder, KernelInfo.FolderName(model));

    [Theory]
    [InlineData("cpu family\t: 26\nmodel\t\t: 2\nmodel name\t: AMD EPYC\nmodel name\t: other", "AMD EPYC family 26 model 2")]
    [InlineData("cpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC 9B14", "AMD EPYC 9B14")]
    [InlineData("model name\t: Some: Processor", "Some: Processor")]
    [InlineData("processor\t: 0\nBogoMIPS\t: 50.00", null)]
    public void A_name_without_a_number_is_told_apart_by_family_and_model(string facts, string? name) =>
        Assert.Equal(name, KernelInfo.NameIn(facts.Split('\n')));
}
