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
}
