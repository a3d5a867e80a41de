using Interp.Hooks;
using Interp.Runtime;

namespace Interp.Analysis;

public sealed partial class ResidualLedger
{
    /// <summary>
    /// The routes of one reading: which writes it is made of; what each head that counts moved there from its source, and what the scores
    /// by which it looked there are made of; what the neurons read; and so on down to the embeddings. Everything is linear at what the run
    /// recorded, and constants such as biases are parts like all others. Importance is that of <see cref="Routes"/> for numbers: max(0,
    /// |y| - |y - c|) over its sum. An edge stays while the product of importances from the top down to it is at least the threshold.
    /// </summary>
    /// <param name="reading">A logit, a logit difference, or another reading.</param>
    /// <param name="name">What the reading is called in the edges, such as <c>logits</c>.</param>
    /// <param name="threshold">Least product of importances, above 0.</param>
    /// <param name="most">Most readings that are followed.</param>
    /// <returns>The edges; readings in order of importance.</returns>
    /// <exception cref="InvalidInputException">
    /// The threshold is out of range, or so low that more readings would be followed than may be; or interventions changed the run.
    /// </exception>
    public IReadOnlyList<RouteEdge> RoutesOf(StreamReading reading, string name, double threshold, int most = 2000)
    {
        ArgumentNullException.ThrowIfNull(reading);
        RequireRoutes(threshold);
        var edges = new List<RouteEdge>();
        var seen = new HashSet<(string, QkvInput)>();
        var queue = new PriorityQueue<(StreamReading Reading, string Name, QkvInput? Input, double Share), double>();
        Follow(reading, At(name, reading.Position), null, 1);
        for (int followed = 0; queue.TryDequeue(out (StreamReading Reading, string Name, QkvInput? Input, double Share) next, out _); followed++)
        {
            if (followed == most)
            {
                throw new InvalidInputException($"routes: more than {most} readings are above the threshold; expected a higher one");
            }

            (Component Part, double Value)[] parts = [.. Contributions(next.Reading)];
            double whole = parts.Sum(part => part.Value);
            double[] sizes = [.. parts.Select(part => Math.Max(0, Math.Abs(whole) - Math.Abs(whole - part.Value)))];
            double sum = sizes.Sum();
            for (int i = 0; i < parts.Length; i++)
            {
                double share = sum == 0 ? 0 : sizes[i] / sum;
                if (share * next.Share < threshold)
                {
                    continue;
                }

                Component part = parts[i].Part;
                int p = next.Reading.Position;
                string from = part.Source < 0 ? At(part.Label, p) : At(part.Label, p) + $"<-{part.Source}";
                edges.Add(new RouteEdge(
                    next.Name, from, next.Input, part, p, part.Source < 0 ? null : part.Source, share, parts[i].Value));
                foreach ((StreamReading below, QkvInput? input) in Below(next.Reading, part))
                {
                    // Scores are the same whoever asks for them; the first to ask has the largest share.
                    if (input is null or QkvInput.Value || seen.Add((from, input.Value)))
                    {
                        Follow(below, from, input, share * next.Share);
                    }
                }
            }
        }

        return edges;

        void Follow(StreamReading below, string to, QkvInput? input, double share) =>
            queue.Enqueue((below, to, input, share), -share);
    }

    private IEnumerable<(StreamReading Reading, QkvInput? Input)> Below(StreamReading reading, Component part)
    {
        if (part.Kind == ComponentKind.Mlp)
        {
            yield return (ReadNeurons(reading, part.Layer), null);
        }
        else if (part.Kind == ComponentKind.HeadSource)
        {
            yield return (ReadMoved(reading, part.Layer, part.Head, part.Source), QkvInput.Value);
            if (_model.Config is not { QkNorm: QkNorm.WholeProjection, Norm: NormKind.LayerNorm })
            {
                yield return (ReadScore(part.Layer, part.Head, QkvInput.Query, reading.Position, part.Source), QkvInput.Query);
                yield return (ReadScore(part.Layer, part.Head, QkvInput.Key, reading.Position, part.Source), QkvInput.Key);
            }
        }
    }

    /// <summary>What each write by source, and each constant, adds to a reading; the numbers of <c>Attribute</c> without norms.</summary>
    private IEnumerable<(Component Part, double Value)> Contributions(StreamReading reading)
    {
        foreach (DecompositionRow constant in reading.Constants)
        {
            yield return (constant.Component, constant.Dla);
        }

        int p = reading.Position, group = _model.Config.NHeads / _model.Config.NKeyValueHeads;
        double[] direction = [.. reading.Direction];
        float[][] scratch = HeadRows();
        for (int i = _steps.FindIndex(step => step is Recorded r && r.Point == reading.At); i >= 0; i--)
        {
            switch (_steps[i])
            {
                case Written { Component: { Kind: ComponentKind.Attn, Layer: var layer } }:
                    for (int h = 0; h < _model.Config.NHeads; h++)
                    {
                        double[] towards = Space(layer, h, p, scratch).Project(direction);
                        foreach (int source in SourceRange(layer, p))
                        {
                            double weight = _cache.Row(Hook.Pattern(layer), p, h)[source];
                            yield return (
                                new Component(ComponentKind.HeadSource, layer, h, Source: source),
                                weight * Dots.Of(_cache.Row(Hook.V(layer), source, h / group), towards));
                        }
                    }

                    break;
                case Written { Component: var component }:
                    yield return (component, Dots.Of(Vector(component, p), direction));
                    break;
                case Normed norm:
                    if (norm.Weights.Bias.Length > 0)
                    {
                        yield return (norm.Bias, Dots.Of(norm.Weights.Bias, direction));
                    }

                    direction = norm.PullBack(direction, _cache.Row(norm.Scale, p)[0]);
                    break;
            }
        }
    }
}
