using System.Numerics;
using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>Tables of what the weights alone say about heads.</summary>
public static class WeightTables
{
    /// <summary>
    /// Table <c>ov</c> or <c>qk</c>: for each head the circuit's Frobenius norm, copying score (of OV also that of the full circuit from
    /// tokens to logits), singular values and eigenvalues; a row per number, with its index where there are several.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="qk">Whether W_Q W_K^T instead of W_V W_O.</param>
    /// <param name="heads">The heads; null = all.</param>
    /// <param name="cancellation">Stops between heads.</param>
    public static ResultTable<CircuitRow> Circuits(
        TransformerModel model, bool qk, IReadOnlyCollection<(int Layer, int Head)>? heads = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        var circuits = new HeadCircuits(model);
        ResultTable<CircuitRow> table = (qk ? TableSchemas.Qk : TableSchemas.Ov).Create().From(model);
        foreach ((int layer, int head) in heads ?? All(model))
        {
            cancellation.ThrowIfCancellationRequested();
            LowRank circuit = qk ? circuits.Qk(layer, head) : circuits.Ov(layer, head);
            Add("norm", null, circuit.Norm);
            Add("copying", null, circuit.CopyingScore());
            if (!qk)
            {
                Add("full_copying", null, circuits.FullCopyingScore(layer, head));
            }

            int i = 0;
            foreach (double value in circuit.SingularValues())
            {
                Add("singular_value", i++, value);
            }

            i = 0;
            foreach (Complex value in circuit.Eigenvalues())
            {
                Add("eigenvalue_real", i, value.Real);
                Add("eigenvalue_imaginary", i++, value.Imaginary);
            }

            void Add(string name, int? index, double value) => table.Add(layer, head, name, index, value);
        }

        return table;
    }

    /// <summary>Table <c>composition</c>: how strongly each head reads, through query, key and value, what each earlier head writes.</summary>
    /// <param name="model">The model.</param>
    /// <param name="heads">Later heads; null = all.</param>
    /// <param name="threads">Threads; 0 = one per core.</param>
    /// <param name="cancellation">Stops between layers.</param>
    public static ResultTable<CompositionRow> Composition(
        TransformerModel model, IReadOnlyCollection<(int Layer, int Head)>? heads = null, int threads = 0,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ResultTable<CompositionRow> table = TableSchemas.Composition.Create().From(model);
        ILookup<int, int> later = (heads ?? All(model)).Distinct().ToLookup(h => h.Layer, h => h.Head);
        var composition = new HeadComposition(model, threads > 0 ? threads : Environment.ProcessorCount);
        HeadComposition.Writers[] writers =
            [.. Enumerable.Range(0, later.Count == 0 ? 0 : later.Max(l => l.Key)).AsParallel().AsOrdered().Select(composition.WritersOf)];
        foreach (IGrouping<int, int> to in later.Where(l => l.Key > 0))
        {
            cancellation.ThrowIfCancellationRequested();
            HeadComposition.Readers[] readers =
                [.. Enum.GetValues<QkvInput>().AsParallel().AsOrdered().Select(input => composition.ReadersOf(to.Key, input))];
            double[][][,] scores =
                [.. Enumerable.Range(0, to.Key).Select(from => readers.Select(r => composition.Scores(writers[from], r)).ToArray())];
            foreach (int head in to)
            {
                foreach ((int Layer, int Head) from in All(model).Where(h => h.Layer < to.Key))
                {
                    foreach (QkvInput input in Enum.GetValues<QkvInput>())
                    {
                        table.Add(
                            from.Layer, from.Head, to.Key, head, input switch
                            {
                                QkvInput.Query => "q",
                                QkvInput.Key => "k",
                                _ => "v",
                            },
                            scores[from.Layer][(int)input][from.Head, head]);
                    }
                }
            }
        }

        return table;
    }

    /// <summary>
    /// Table <c>token_pairs</c>: for each head the pairs of tokens with the largest entries of its full OV circuit (source token,
    /// token whose logit it raises) or full QK circuit (token that attends, token that is attended to).
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="qk">Whether the QK circuit.</param>
    /// <param name="top">Pairs per head.</param>
    /// <param name="heads">The heads; null = all.</param>
    /// <param name="cancellation">Stops between heads.</param>
    public static ResultTable<TokenPairRow> TokenPairs(
        TransformerModel model, bool qk, int top, IReadOnlyCollection<(int Layer, int Head)>? heads = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        var circuits = new HeadCircuits(model);
        ResultTable<TokenPairRow> table = TableSchemas.TokenPairs.Create().From(model);
        foreach ((int layer, int head) in heads ?? All(model))
        {
            cancellation.ThrowIfCancellationRequested();
            LowRank circuit = qk ? circuits.FullQk(layer, head) : circuits.FullOv(layer, head);
            foreach ((int row, int column, double value) in circuit.TopEntries(top))
            {
                table.Add(
                    layer, head, qk ? "qk" : "ov", row, model.TokenText(row), column, model.TokenText(column), value);
            }
        }

        return table;
    }

    /// <summary>All heads of a model.</summary>
    /// <param name="model">The model.</param>
    public static IReadOnlyList<(int Layer, int Head)> All(TransformerModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return [.. from layer in Enumerable.Range(0, model.Config.NLayers)
                   from head in Enumerable.Range(0, model.Config.NHeads)
                   select (layer, head)];
    }
}
