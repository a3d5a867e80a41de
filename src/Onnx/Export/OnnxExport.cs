using System.Globalization;
using System.Reflection;
using Google.Protobuf;
using Interp.Hooks;
using Interp.Onnx.Export;
using Interp.Onnx.Format;

namespace Interp.Onnx;

/// <summary>What an exported graph holds besides the model.</summary>
public sealed record OnnxExportOptions
{
    /// <summary>Hook points that become outputs, under their canonical names, [batch, axes of the point].</summary>
    public IReadOnlyList<HookQuery> Outputs { get; init; } = [];

    /// <summary>Interventions that the graph always makes: ablations to zero or to a mean, steering, knock-outs.</summary>
    public IReadOnlyList<Intervention> Interventions { get; init; } = [];

    /// <summary>
    /// Whether weights go into a second file, the path of the graph with <c>.data</c> behind it; null = when they are larger
    /// than a graph should be.
    /// </summary>
    public bool? ExternalData { get; init; }
}

/// <summary>
/// Writes a model as a standard ONNX graph: opset 17, any batch and sequence length, inputs <c>input_ids</c>,
/// <c>attention_mask</c> and, with token types, <c>token_type_ids</c>, [batch, sequence]; output <c>logits</c>, [batch, sequence,
/// d_vocab]. Padding may stand on either side. Inside, every hook point is a value under its canonical name.
/// </summary>
public static class OnnxExport
{
    private const int OpsetVersion = 17;
    private const int FormatVersion = 8;
    private const long LargestGraph = 1L << 30;

    /// <summary>Writes the graph; files appear whole or not at all.</summary>
    /// <param name="model">The model.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">Outputs and interventions; null for none.</param>
    /// <exception cref="InvalidInputException">
    /// An output or intervention does not fit the model or a graph, or the file cannot be written there.
    /// </exception>
    public static void Write(TransformerModel model, string path, OnnxExportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new OnnxExportOptions();
        ModelProto? message = null;
        if (options.ExternalData ?? model.Weights.Bytes > LargestGraph)
        {
            string data = path + ".data";
            AtomicFile.Write(
                data, stream => message = Build(model, options, new ExternalWriter(stream, Path.GetFileName(data))));
        }

        message ??= Build(model, options, null);
        AtomicFile.Write(path, message.WriteTo);
    }

    private static ModelProto Build(TransformerModel model, OnnxExportOptions options, ExternalWriter? external)
    {
        HashSet<HookPoint> points = [.. model.Hooks.ResolveAll(options.Outputs)];
        HashSet<string> exist = [];
        var graph = new GraphBuilder(external);
        string logits = new GraphForward(graph, model, options.Interventions, points).Write();
        exist.UnionWith(graph.Graph.Node.SelectMany(n => n.Output));
        graph.Output(graph.Rename(logits, "logits"), "batch", "sequence", Number(model.Config.DVocabOut));
        foreach (HookPoint point in model.Hooks.AllPoints.Where(points.Contains))
        {
            string name = model.Hooks.Name(point);
            if (!exist.Contains(name))
            {
                throw new InvalidInputException($"hook {name}: the graph has no such value: heads read the stream itself");
            }

            graph.Output(name, [.. Axes(model, point)]);
        }

        var message = new ModelProto
        {
            IrVersion = FormatVersion,
            ProducerName = "interp",
            ProducerVersion = typeof(OnnxExport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
                ?.InformationalVersion.Split('+')[0] ?? "",
            Graph = graph.Graph,
        };
        if (options.Interventions.Count > 0)
        {
            message.MetadataProps.Add(new StringStringEntryProto
            {
                Key = OnnxFile.InterventionsKey,
                Value = string.Join("; ", options.Interventions.Select(i => i.ToString())),
            });
        }

        message.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = OpsetVersion });
        return message;
    }

    private static IEnumerable<string> Axes(TransformerModel model, HookPoint point)
    {
        int[] sizes = model.Hooks.Shape(point, 0, 0);
        return HookTable.Row(point.Kind).Axes
            .Select((axis, i) => axis is HookAxis.Pos or HookAxis.SrcPos ? "sequence" : Number(sizes[i]))
            .Prepend("batch");
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
