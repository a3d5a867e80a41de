using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using Interp.Hooks;
using Interp.Runtime;
using Interp.Runtime.Kernels;
using Interp.Tests;

if (args is ["memory"])
{
    MemoryProbe.Run();
    return;
}

if (args is ["plan", { } name, { } kind, { } batch])
{
    PlanProbe.Run(name, kind, batch);
    return;
}

// One line for the vector units of this process, one for the tier the kernels chose, then a hash for each model.
Console.WriteLine(
    $"hardware 512={Vector512.IsHardwareAccelerated} 256={Vector256.IsHardwareAccelerated} "
    + $"128={Vector128.IsHardwareAccelerated} fma={Fma.IsSupported}");
Console.WriteLine($"tier {KernelTiers.Current}");
foreach (BlockStyle block in Enum.GetValues<BlockStyle>())
{
    foreach (NormKind norm in new[] { NormKind.LayerNorm, NormKind.Rms })
    {
        foreach (ActivationFunction activation in Enum.GetValues<ActivationFunction>())
        {
            PositionKind positions = (PositionKind)((int)activation % 4);
            ModelConfig config = RandomModel.Config(
                block, norm, block == BlockStyle.PostNorm && positions == PositionKind.Shortformer ? PositionKind.Learned : positions,
                keyHeads: 2, head: 6, gated: activation == ActivationFunction.Silu, activation: activation);
            Console.WriteLine($"{block} {norm} {activation} {Hash(RandomModel.Create(config, 7), RandomModel.Tokens(21, 7))}");
        }
    }
}

foreach (ModelConfig config in new[]
         {
             RandomModel.Config(norm: NormKind.Rms, gated: true) with
             {
                 BranchNorms = BranchNorms.BeforeAndAfter, QkNorm = QkNorm.PerHead, ScoreSoftCap = 4, LogitSoftCap = 6, EmbedScale = 3.7f,
             },
             RandomModel.Config() with { BranchNorms = BranchNorms.After, QkNorm = QkNorm.WholeProjection },
             RandomModel.Config(norm: NormKind.Rms, gated: true) with { Experts = 4, ExpertsPerToken = 2 },
         })
{
    string parts = $"{config.BranchNorms} {config.QkNorm} {config.ScoreSoftCap} {config.Experts}";
    Console.WriteLine($"{parts} {Hash(RandomModel.Create(config, 7), RandomModel.Tokens(21, 7))}");
}

if (args.Length > 0)
{
    Console.WriteLine($"checkpoint {Hash(TransformerModel.Load(args[0]), [.. Enumerable.Range(1, 40)])}");
}

static string Hash(TransformerModel model, int[] tokens)
{
    RunResult run = model.Run(tokens, new RunOptions { Observe = [.. model.Hooks.AllPoints.Select(p => (HookQuery)p)] });
    using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    foreach (HookPoint point in model.Hooks.AllPoints)
    {
        hash.AppendData(MemoryMarshal.AsBytes<float>(run.Cache().Values(point)));
    }

    return Convert.ToHexStringLower(hash.GetHashAndReset());
}
