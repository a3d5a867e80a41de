using System.Globalization;
using BenchmarkDotNet.Running;
using Interp.Bench;
using Interp.Bench.Flow;
using Interp.Bench.Forward;
using Interp.Bench.Kernels;
using Interp.Bench.Load;
using Interp.Bench.Product;
using Interp.Bench.Start;
using Interp.Bench.Sweeps;
using Interp.Bench.Tables;

if (args is ["kernels", ..])
{
    BenchmarkSwitcher.FromTypes([
        typeof(ProductBenchmarks), typeof(AttentionBenchmarks), typeof(SoftmaxBenchmarks), typeof(NormBenchmarks), typeof(ActivationBenchmarks),
    ]).Run(args[1..]);
    return 0;
}

if (args is ["write-child", var rows, var path, var compression])
{
    Console.WriteLine(WriteProbe.Line(int.Parse(rows, CultureInfo.InvariantCulture), path, Enum.Parse<Interp.Export.Compression>(compression)));
    return 0;
}

string command = args.Length > 0 ? args[0] : "";
int rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 9;
IEnumerable<string>? lines = command switch
{
    "product" => ProductRunner.Table(ProductShape.Layers, rounds),
    "odd" => ProductRunner.Table(ProductShape.Odd, rounds),
    "stream" => StreamRunner.Table(rounds),
    "generation" => GenerationRunner.Table(rounds),
    "transposed" => TransposedRunner.Table(rounds),
    "load" => LoadRunner.Measure(rounds).Prepend(LoadRunner.Header),
    "forward" => ForwardRunner.Table(rounds, args.Length > 2 ? args[2..] : []),
    "start" => StartRunner.Table(rounds, args.Length > 2 ? args[2..] : []),
    "sweeps" => SweepRunner.Table(rounds, args.Length > 2 ? args[2] : ""),
    "flow" => FlowRunner.Table(rounds),
    "write" => WriteRunner.Table(rounds),
    "memory" => LoadRunner.MeasureMemory(),
    _ => null,
};
if (lines is null)
{
    Console.Error.WriteLine($"interp-bench: expected product, odd, stream, transposed, forward, generation, sweeps, flow, load, memory, start, write or kernels, found '{command}'");
    return 2;
}

using var results = new ResultFile(args.Length > 2 ? null : command);
foreach (string line in lines)
    results.Write(line);
return 0;
