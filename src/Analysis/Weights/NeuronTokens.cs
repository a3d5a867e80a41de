using Interp.Runtime;

namespace Interp.Analysis;

/// <summary>
/// Neurons in terms of tokens: which tokens' embeddings a neuron's input weights lie along (W_E w_in), and whose logits its output
/// weights raise (w_out W_U). Biases and norms are no part of it. A few rows of one side times the vocabulary are in memory at a time.
/// </summary>
public static class NeuronTokens
{
    private const int Rows = 64;

    /// <summary>
    /// Table <c>neurons</c>: for each neuron the tokens with the largest values, sides <c>in</c> (the activated branch), <c>in_linear</c>
    /// (the linear branch of a gated FFN) and <c>out</c>.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="top">Tokens per neuron and side.</param>
    /// <param name="neurons">(layer, neuron); null = all. Of a mixture the neurons of all experts.</param>
    /// <param name="threads">Threads; 0 = one per core.</param>
    /// <param name="cancellation">Stops between blocks of rows.</param>
    /// <exception cref="InvalidInputException">The model has no FFNs, or a neuron is out of range.</exception>
    public static ResultTable<NeuronRow> Table(
        TransformerModel model, int top, IReadOnlyCollection<(int Layer, int Neuron)>? neurons = null, int threads = 0,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ModelConfig config = model.Config;
        if (config.AttnOnly)
        {
            throw new InvalidInputException($"{model.Name}: it has attention only; there are no neurons");
        }

        foreach ((int layer, int neuron) in neurons ?? [])
        {
            if ((uint)layer >= (uint)config.NLayers || (uint)neuron >= (uint)config.DMlp)
            {
                throw new InvalidInputException(
                    $"neuron L{layer}N{neuron} is out of range, expected L0N0..L{config.NLayers - 1}N{config.DMlp - 1}");
            }
        }

        ResultTable<NeuronRow> table = TableSchemas.Neurons.Create().From(model);
        Linear embedded = Embedding(model);
        for (int layer = 0; layer < config.NLayers; layer++)
        {
            int[] chosen = neurons is null
                ? [.. Enumerable.Range(0, config.DMlp)]
                : [.. neurons.Where(n => n.Layer == layer).Select(n => n.Neuron).Distinct()];
            foreach ((FeedForwardWeights weights, int index) in model.Weights.Blocks[layer].FeedForwards.Select((f, i) => (f, i)))
            {
                int? expert = config.Experts > 0 ? index : null;
                Side("in", embedded, weights.In.CopyOutput);
                if (weights.Linear is { } linear)
                {
                    Side("in_linear", embedded, linear.CopyOutput);
                }

                Side("out", model.Weights.Unembed, weights.Out.CopyInput);

                void Side(string name, Linear vocabulary, CopyVector copy)
                {
                    foreach (int[] some in chosen.Chunk(Rows))
                    {
                        cancellation.ThrowIfCancellationRequested();
                        float[] rows = new float[some.Length * config.DModel], values = new float[some.Length * vocabulary.Outputs];
                        for (int i = 0; i < some.Length; i++)
                        {
                            copy(some[i], rows.AsSpan(i * config.DModel, config.DModel));
                        }

                        vocabulary.Apply(rows, some.Length, values, threads > 0 ? threads : Environment.ProcessorCount);
                        for (int i = 0; i < some.Length; i++)
                        {
                            int rank = 0;
                            foreach ((int id, float value) in Largest(values.AsSpan(i * vocabulary.Outputs, vocabulary.Outputs), top))
                            {
                                table.Add(layer, expert, some[i], name, rank++, id, model.TokenText(id), (double)value);
                            }
                        }
                    }
                }
            }
        }

        return table;
    }

    private delegate void CopyVector(int index, Span<float> destination);

    /// <summary>W_E^T as a map from d_model to the vocabulary, with the factor on embeddings.</summary>
    private static Linear Embedding(TransformerModel model)
    {
        float[] table = model.Weights.TokenEmbedding.ToArray();
        System.Numerics.Tensors.TensorPrimitives.Multiply(table, model.Config.EmbedScale, table);
        return Linear.FromOutputsByInputs(table, model.Weights.TokenEmbedding.Rows, model.Weights.TokenEmbedding.Width);
    }

    /// <summary>The largest values, descending; the lower index on ties.</summary>
    private static (int Id, float Value)[] Largest(ReadOnlySpan<float> values, int count)
    {
        var queue = new PriorityQueue<int, (float, int)>();
        for (int i = 0; i < values.Length; i++)
        {
            if (queue.Count < count)
            {
                queue.Enqueue(i, (values[i], -i));
            }
            else if (queue.TryPeek(out _, out (float Value, int Index) least) && values[i] > least.Value)
            {
                queue.EnqueueDequeue(i, (values[i], -i));
            }
        }

        var largest = new (int, float)[queue.Count];
        for (int i = largest.Length - 1; i >= 0; i--)
        {
            int id = queue.Dequeue();
            largest[i] = (id, values[id]);
        }

        return largest;
    }
}
