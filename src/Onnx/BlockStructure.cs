namespace Interp.Onnx;

/// <summary>
/// Gives sites their roles by following the graph: attention cores are the layers; around each lie its maps and norms, then
/// the maps of its FFN. No name is looked at.
/// </summary>
internal sealed class BlockStructure
{
    private readonly Stream _stream;
    private readonly Dictionary<(Role Role, int Layer), Part> _roles = [];

    private BlockStructure(Stream stream) => _stream = stream;

    /// <summary>Number of attention cores.</summary>
    public int Layers { get; private set; }

    /// <summary>Whether norms stand after the sums.</summary>
    public bool PostNorm { get; private set; }

    /// <summary>Whether the activated branch of FFNs is multiplied with a linear one.</summary>
    public bool Gated { get; private set; }

    /// <summary>Whether the graph ends with the last hidden state, or what is pooled of it, without an unembedding.</summary>
    public bool Headless { get; private set; }

    /// <summary>The roles that were given.</summary>
    public IReadOnlyDictionary<(Role Role, int Layer), Part> Roles => _roles;

    /// <summary>The part with a role, or null.</summary>
    /// <param name="role">The role.</param>
    /// <param name="layer">The layer; 0 for parts outside the blocks.</param>
    public Part? Find(Role role, int layer = 0) => _roles.TryGetValue((role, layer), out Part part) ? part : null;

    /// <summary>Follows a graph.</summary>
    /// <param name="stream">Its stream, with all sites.</param>
    public static BlockStructure Read(Stream stream)
    {
        var structure = new BlockStructure(stream);
        structure.ReadEmbeddings();
        structure.ReadAttention();
        structure.ReadFeedForward();
        structure.ReadHead();
        structure.ReadNorms();
        return structure;
    }

    private void ReadEmbeddings()
    {
        foreach (EmbeddingSite site in _stream.Of<EmbeddingSite>())
        {
            Give(site.Kind switch
            {
                EmbeddingKind.Token => Role.TokenEmbedding,
                EmbeddingKind.Position => Role.PositionEmbedding,
                _ => Role.TokenTypeEmbedding,
            }, 0, site);
        }
    }

    private void ReadAttention()
    {
        foreach (AttentionSite core in _stream.Of<AttentionSite>())
        {
            int layer = Layers++;
            (Role, string)[] operands = [(Role.Query, core.Query), (Role.Key, core.Key), (Role.Value, core.Value)];
            foreach ((Role role, string value) in operands)
            {
                IReadOnlyList<Part> sources = _stream.Sources(value);
                if (sources is [{ Site: NormSite norm }] && role != Role.Value && _stream.Sources(norm.Inputs) is [{ Site: LinearSite }] behind)
                {
                    Give(role == Role.Query ? Role.QueryNorm : Role.KeyNorm, layer, norm);
                    sources = behind;
                }

                if (sources is [{ Site: LinearSite } part])
                {
                    _roles.TryAdd((role, layer), part);
                }
            }

            // All three out of the same columns: they are told apart by heads, as the family does it.
            if (Find(Role.Query, layer) is { Count: 0 } query && query == Find(Role.Key, layer)
                && query == Find(Role.Value, layer))
            {
                Give(Role.QueryKeyValue, layer, query.Site);
                _roles.Remove((Role.Query, layer));
                _roles.Remove((Role.Key, layer));
                _roles.Remove((Role.Value, layer));
            }
        }

        Dictionary<Site, int> cores = _stream.Of<AttentionSite>().Index().ToDictionary(c => (Site)c.Item, c => c.Index);
        foreach (LinearSite linear in _stream.Of<LinearSite>())
        {
            if (_stream.Sources(linear.Inputs) is [{ Site: AttentionSite core }])
            {
                Give(Role.AttentionOutput, cores[core], linear);
            }
        }
    }

    private void ReadFeedForward()
    {
        var attention = _roles.Values.Select(p => p.Site).ToHashSet();
        int layer = 0;
        foreach (LinearSite linear in _stream.Of<LinearSite>().Where(l => !attention.Contains(l)))
        {
            IReadOnlyList<Part> sources = _stream.Sources(linear.Inputs);
            if (sources.Count is not (1 or 2) || sources.Any(p => p.Site is not LinearSite || attention.Contains(p.Site)))
            {
                continue;
            }

            Give(Role.FeedForwardOut, layer, linear);
            if (sources.Count == 1)
            {
                Give(Role.FeedForwardIn, layer, sources[0].Site);
            }
            else if (GateFirst(linear, sources) is var (gate, other))
            {
                Gated = true;
                _roles.TryAdd((Role.FeedForwardIn, layer), gate);
                _roles.TryAdd((Role.FeedForwardLinear, layer), other);
            }

            layer++;
        }
    }

    /// <summary>The branch that goes through something else than a plain product is the activated one.</summary>
    private (Part Gate, Part Other)? GateFirst(LinearSite output, IReadOnlyList<Part> sources)
    {
        string value = output.Inputs[0];
        for (int steps = 0; steps < 32 && _stream.Graph.Producer(value) is { } node; steps++)
        {
            string[] inputs = [.. node.Inputs.Where(_stream.Has).Distinct()];
            if (inputs.Length == 1)
            {
                value = inputs[0];
                continue;
            }

            if (inputs.Length != 2 || _stream.Sources(inputs[0]) is not [Part left]
                || _stream.Sources(inputs[1]) is not [Part right]
                || left == right || !sources.Contains(left) || !sources.Contains(right))
            {
                return null;
            }

            return (Direct(inputs[0]), Direct(inputs[1])) switch
            {
                (false, true) => (left, right),
                (true, false) => (right, left),
                _ => null,
            };
        }

        return null;
    }

    private bool Direct(string value)
    {
        for (int steps = 0; steps < 16; steps++)
        {
            if (_stream.EndsAt(value))
            {
                return true;
            }

            if (_stream.Graph.Producer(value) is not { Op: "Cast" or "Identity" or "Reshape" } node)
            {
                return false;
            }

            value = node.Input(0);
        }

        return false;
    }

    private void ReadHead()
    {
        IReadOnlyList<Part> last = _stream.Sources(_stream.Logits);
        if (last is [{ Site: NormSite end }])
        {
            Headless = true;
            Give(Role.FinalNorm, 0, end);
        }

        if (last is not [{ Site: LinearSite unembed, Count: 0 }])
        {
            return;
        }

        Give(Role.Unembed, 0, unembed);
        HashSet<Site> placed = [.. _roles.Values.Select(p => p.Site)];
        IReadOnlyList<Part> before = _stream.Sources(unembed.Inputs);
        if (before is [{ Site: LinearSite projection, Count: 0 }] && !placed.Contains(projection))
        {
            Give(Role.ProjectOut, 0, projection);
            before = _stream.Sources(projection.Inputs);
        }

        Give(Role.ProjectIn, 0, _stream.Of<LinearSite>().FirstOrDefault(l => !placed.Contains(l) && l != unembed
            && _stream.Sources(l.Inputs) is [{ Site: EmbeddingSite { Kind: EmbeddingKind.Token } }]));
        if (before is not [{ Site: NormSite norm }])
        {
            return;
        }

        if (_stream.Sources(norm.Inputs) is [{ Site: LinearSite dense, Count: 0 }] && !_roles.Values.Any(p => p.Site == dense))
        {
            Give(Role.HeadDense, 0, dense);
            Give(Role.HeadNorm, 0, norm);
        }
        else
        {
            Give(Role.FinalNorm, 0, norm);
        }
    }

    private void ReadNorms()
    {
        NormSite?[] before = [.. Enumerable.Range(0, Layers).Select(l =>
            Norm(Part(Role.Query, l) ?? Part(Role.QueryKeyValue, l)))];
        NormSite?[] between = [.. Enumerable.Range(0, Layers).Select(l => Norm(Part(Role.FeedForwardIn, l)))];
        NormSite? top = Find(Role.FinalNorm)?.Site as NormSite ?? Norm(Part(Role.HeadDense, 0));

        // What a norm before an FFN gives is the stream itself where norms stand after the sums.
        NormSite? next = Layers > 1 ? before[1] : top;
        PostNorm = Layers > 0 && between[0] is { } second && next is not null && next != second
            && _stream.Sources(next.Inputs).Any(p => p.Site == second);
        for (int layer = 0; layer < Layers; layer++)
        {
            Give(Role.Norm1, layer, PostNorm ? between[layer] : before[layer]);
            Give(Role.Norm2, layer, !PostNorm ? between[layer] : layer + 1 < Layers ? before[layer + 1] : top);
        }

        if (PostNorm)
        {
            Give(Role.EmbedNorm, 0, before[0]);
            _roles.Remove((Role.FinalNorm, 0));
        }
        else if (Layers > 0 && before[0] is { } norm && _stream.Sources(norm.Inputs) is [{ Site: NormSite embedNorm }])
        {
            Give(Role.EmbedNorm, 0, embedNorm);
        }

        var placed = _roles.Values.Select(p => p.Site).ToHashSet();
        Dictionary<Site, (Role Role, int Layer)> writers = _roles
            .Where(r => r.Key.Role is Role.AttentionOutput or Role.FeedForwardOut).ToDictionary(r => r.Value.Site, r => r.Key);
        foreach (NormSite after in _stream.Of<NormSite>().Where(n => !placed.Contains(n)))
        {
            if (_stream.Sources(after.Inputs) is [{ Site: LinearSite linear }]
                && writers.TryGetValue(linear, out (Role Role, int Layer) at))
            {
                Give(at.Role == Role.AttentionOutput ? Role.AttentionWriteNorm : Role.FeedForwardWriteNorm, at.Layer, after);
            }
        }

        Part? Part(Role role, int layer) => Find(role, layer);
        NormSite? Norm(Part? linear) =>
            linear is { } part && _stream.Sources(part.Site.Inputs) is [{ Site: NormSite norm }] ? norm : null;
    }

    private void Give(Role role, int layer, Site? site)
    {
        if (site is not null)
        {
            _roles.TryAdd((role, layer), new Part(site));
        }
    }
}
