using Interp.Hooks;

namespace Interp.Analysis;

/// <summary>The cells of a sweep: sites times layers, and heads, positions and neurons where they are told apart.</summary>
internal sealed class SweepCells
{
    // TransformerLens' tables of several sites, with the axes it gives them.
    private static readonly Dictionary<Site, (Site Site, SweepAxis[] By)[]> Every = new()
    {
        [Site.BlockEvery] = [.. Each([HookKind.ResidPre, HookKind.AttnOut, HookKind.MlpOut], SweepAxis.Layer, SweepAxis.Position)],
        [Site.HeadsEvery] = [.. Each(OfHeads, SweepAxis.Layer, SweepAxis.Head)],
        [Site.HeadsByPositionEvery] = [.. Each(OfHeads, SweepAxis.Layer, SweepAxis.Head, SweepAxis.Position)],
    };

    private static HookKind[] OfHeads => [HookKind.Z, HookKind.Q, HookKind.K, HookKind.V, HookKind.Pattern];

    private readonly HookMap _map;
    private readonly SweepOptions _options;
    private readonly IReadOnlyList<PromptPair> _pairs;
    private readonly bool _corrupted;
    private readonly int _longest;

    /// <summary>Prepares the cells of a sweep.</summary>
    /// <param name="map">The model's hook points.</param>
    /// <param name="options">Sites and axes.</param>
    /// <param name="pairs">The prompts.</param>
    /// <param name="corrupted">Whether corrupted prompts are changed.</param>
    public SweepCells(HookMap map, SweepOptions options, IReadOnlyList<PromptPair> pairs, bool corrupted)
    {
        (_map, _options, _pairs, _corrupted) = (map, options, pairs, corrupted);
        _longest = pairs.Max(p => (corrupted ? p.Corrupted : p.Clean).Count);
        Groups = [.. options.Sites.SelectMany(Expanded).SelectMany(Sited)];
    }

    /// <summary>Points that are replaced together, with their axes, before heads and positions are told apart.</summary>
    internal IReadOnlyList<(string Site, IReadOnlyList<SweepAxis> By, HookPoint Point, HookPoint[] Points)> Groups { get; }

    /// <summary>Whether some cells are single positions, of destinations or of sources.</summary>
    public bool TellPositions => Groups.Any(g => g.By.Contains(SweepAxis.Source) || ByPosition(g.By, g.Points));

    /// <summary>All points that are replaced.</summary>
    public IReadOnlyList<HookPoint> Points => [.. Groups.SelectMany(g => g.Points).Distinct()];

    /// <summary>Points whose neurons are told apart.</summary>
    public IReadOnlyList<HookPoint> NeuronPoints =>
        [.. Groups.Where(g => g.By.Contains(SweepAxis.Neuron)).Select(g => g.Point).Distinct()];

    /// <summary>Enumerates the cells, each once, however often it was asked for.</summary>
    /// <param name="neurons">The neurons of a point, where they are told apart.</param>
    /// <exception cref="InvalidInputException">An axis does not fit a site.</exception>
    public IReadOnlyList<SweepCell> All(Func<HookPoint, IReadOnlyList<int>> neurons)
    {
        if (_options.Align is { } align && !TellPositions)
        {
            throw new InvalidInputException(
                $"align {align.ToString().ToLowerInvariant()}: expected positions among what is told apart (--by layer,pos), found none");
        }

        if (_options.Align is PositionAlignment.End or PositionAlignment.Span && _options.Positions.Count > 0)
        {
            throw new InvalidInputException(
                "align: expected all positions, or positions that are listed, which count from the start or, negative, from the end; found both");
        }

        return [.. Groups.SelectMany(g => Of(g.Site, g.By, g.Point, g.Points, neurons))
            .DistinctBy(c => (c.Site, c.Point, c.Head, c.Place, c.Sources, c.Neuron))];
    }

    private bool Anchored => _options.Align == PositionAlignment.Span;

    private bool BySpan(IReadOnlyList<SweepAxis> by, HookPoint[] points) =>
        by.Contains(SweepAxis.Span) || (by.Count == 0 && points.Min(p => _map.Heads(p)) == 0 && _options.Spans.Count > 0 && !Anchored);

    private bool ByPosition(IReadOnlyList<SweepAxis> by, HookPoint[] points) =>
        by.Contains(SweepAxis.Position) || (by.Count == 0 && points.Min(p => _map.Heads(p)) == 0 && !BySpan(by, points));

    private static IEnumerable<(Site Site, SweepAxis[] By)> Each(HookKind[] kinds, params SweepAxis[] by) => kinds.Select(kind => ((Site)kind, by));

    private IEnumerable<(Site Site, IReadOnlyList<SweepAxis> By)> Expanded(Site site) =>
        !Every.TryGetValue(site, out (Site Site, SweepAxis[] By)[]? parts)
            ? [(site, _options.By)]
            : _options.By.Count > 0
                ? throw new InvalidInputException($"sites '{site}': its axes are fixed; expected no --by beside it")
                : parts.Where(p => _map.Points.Any(point => point.Site == p.Site.Name)).Select(p => (p.Site, (IReadOnlyList<SweepAxis>)p.By));

    private IEnumerable<(string Site, IReadOnlyList<SweepAxis> By, HookPoint Point, HookPoint[] Points)> Sited(
        (Site Site, IReadOnlyList<SweepAxis> By) asked)
    {
        IReadOnlyList<HookPoint>[] parts = [.. asked.Site.Name.Split('+').Select(part => _map.Match([part]))];
        int[] layers = [.. _options.Layers.Select(l => _map.Require(new HookPoint(HookKind.ResidPre, l)).Layer)];
        foreach (HookPoint point in parts[0].Where(p => layers.Length == 0 || layers.Contains(p.Layer)))
        {
            if (parts.Length > 1 && parts.Any(p => p.Count(x => x.Layer == point.Layer) != 1))
            {
                throw new InvalidInputException(
                    $"sites '{asked.Site}': sites that are replaced together need one point each in a layer");
            }

            int first = point.Layer - ((_options.Window - 1) / 2), last = point.Layer + (_options.Window / 2);
            HookPoint[] points = point.Layer < 0
                ? [point]
                : [.. parts.SelectMany((part, i) => part.Where(x => x.Layer >= first && x.Layer <= last
                    && (parts.Length > 1 || x.Kind == point.Kind)))];
            yield return (parts.Length > 1 ? asked.Site.Name : point.Site, asked.By, point, points);
        }
    }

    private IEnumerable<SweepCell> Of(
        string site, IReadOnlyList<SweepAxis> by, HookPoint point, HookPoint[] points, Func<HookPoint, IReadOnlyList<int>> neurons)
    {
        int heads = points.Min(p => _map.Heads(p));
        bool byNeuron = by.Contains(SweepAxis.Neuron), bySource = by.Contains(SweepAxis.Source);
        bool byHead = by.Count == 0 ? heads > 0 : by.Contains(SweepAxis.Head);
        bool bySpan = BySpan(by, points), byPosition = ByPosition(by, points);
        bool pairs = points.All(p => p.Kind is HookKind.Pattern or HookKind.AttnScores);
        string name = _map.Name(point);
        Refuse(byHead && points.Any(p => _map.Heads(p) != heads || heads == 0),
            points.Any(p => _map.Heads(p) == 0) ? $"by head: {name} has no heads"
                : $"by head: expected sites of the same heads, found {string.Join(", ", points.Select(p => $"{p.Site} with {_map.Heads(p)}").Distinct())}");
        Refuse(bySource && !pairs, $"by src_pos: {name} has no source positions; expected pattern or attn_scores");
        Refuse(bySpan && byPosition, "by span and pos: a span is a set of positions; expected one of them");
        Refuse(bySpan && _options.Spans.Count == 0, "by span: expected the names of spans, found none");
        Refuse(!bySpan && _options.Spans.Count > 1 && !Anchored, "spans: several are told apart by span only; expected --by layer,span");
        Refuse(_options.Spans.Count > 0 && _options.Positions.Count > 0, "positions: expected positions or spans, found both");
        Refuse(byPosition && _options.Spans.Count > 0 && !Anchored,
            "by pos: a span is replaced as a whole; expected --by layer,span, or --align span for the positions around it");
        Refuse(byNeuron && points.Any(p => !HookTable.Row(p.Kind).Axes.Contains(HookAxis.DMlp)),
            $"by neuron: {name} has no neurons; expected post, pre or pre_linear");
        Refuse(byNeuron && _options.Window > 1, "by neuron: neurons belong to one layer; expected a window of 1");
        return
            from head in Heads(byHead, heads, points, point)
            from place in Places(byPosition, bySpan)
            from source in bySource ? Sources(points, place) : [CellPlace.All]
            from neuron in byNeuron ? neurons(point).Select(n => (int?)n) : [null]
            select new SweepCell
            {
                Site = site,
                Point = point,
                Points = points,
                Head = head,
                Place = place,
                Sources = source,
                Neuron = neuron,
                Heads = byHead ? [] : _options.Heads,
            };

        static void Refuse(bool wrong, string message)
        {
            if (wrong)
            {
                throw new InvalidInputException(message);
            }
        }
    }

    private IEnumerable<int?> Heads(bool byHead, int heads, HookPoint[] points, HookPoint point)
    {
        foreach (HeadRef head in _options.Heads)
        {
            if (heads == 0)
            {
                throw new InvalidInputException($"head {head}: {_map.Name(points.First(p => _map.Heads(p) == 0))} has no heads");
            }

            if ((uint)head.Layer >= (uint)_map.Outline.NLayers || (uint)head.Head >= (uint)heads)
            {
                throw new InvalidInputException(
                    $"head {head}: out of range, {point.Site} has layers 0..{_map.Outline.NLayers - 1} and heads 0..{heads - 1}");
            }
        }

        // Heads that are not told apart are replaced together, in the layers that have some of them.
        return !byHead
            ? _options.Heads.Count == 0 || points.Any(p => _options.Heads.Any(h => h.Layer == p.Layer)) ? [null] : []
            : Enumerable.Range(0, heads)
                .Where(h => _options.Heads.Count == 0 || _options.Heads.Contains(new HeadRef(point.Layer, h))).Select(h => (int?)h);
    }

    private IEnumerable<CellPlace> Places(bool byPosition, bool bySpan)
    {
        foreach (string span in _options.Spans)
        {
            if (_pairs.All(p => p.SpanIn(span, _corrupted).Count == 0))
            {
                throw new InvalidInputException($"span '{span}': no prompt has it; {PromptPair.KnownSpans(_pairs)}");
            }
        }

        foreach (int position in _options.Positions)
        {
            if (position >= _longest || position < -_longest)
            {
                throw new InvalidInputException(
                    $"position {position}: the longest prompt has {_longest} tokens, expected {-_longest}..{_longest - 1}");
            }
        }

        return bySpan || (_options.Spans.Count > 0 && !Anchored) ? _options.Spans.Select(CellPlace.Span)
            : byPosition ? _options.Positions.Count > 0 ? _options.Positions.Select(CellPlace.At) : PositionPlaces.Of(_pairs, _corrupted, _options)
            : [_options.Positions.Count > 0 ? CellPlace.Of(_options.Positions) : CellPlace.All];
    }

    // Entries that the mask keeps at zero in every run are not cells.
    private IEnumerable<CellPlace> Sources(HookPoint[] points, CellPlace place)
    {
        if (_options.Align is PositionAlignment.End or PositionAlignment.Span)
        {
            return PositionPlaces.Of(_pairs, _corrupted, _options).Where(source => _pairs.Any(p => Sees(points, p, place, source)));
        }

        AttentionReach[] reach = [.. points.Select(p => _map.Outline.Reach(p.Layer))];
        int first = place.Index is { } p ? reach.Min(r => r.First(p)) : 0;
        int end = place.Index is { } q ? reach.Max(r => r.End(q, _longest)) : _longest;
        return Enumerable.Range(first, end - first).Select(CellPlace.At);
    }

    private bool Sees(HookPoint[] points, PromptPair pair, CellPlace place, CellPlace source) =>
        new PromptCell(_map, new SweepCell { Site = "", Point = points[0], Points = points, Place = place, Sources = source }, pair, 0, _corrupted).Exists;
}
