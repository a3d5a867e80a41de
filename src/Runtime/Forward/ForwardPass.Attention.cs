using System.Numerics.Tensors;
using Interp.Hooks;
using Interp.Runtime.Kernels;
using Interp.Runtime.Machine;

namespace Interp.Runtime.Forward;

internal sealed unsafe partial class ForwardPass<THooks>
{
    // Queries whose scores are computed at a time: their scores stay in the second cache.
    private const int QueryBlock = 32;

    private readonly float[] _slopes;
    private AttentionItem[] _attentionItems = [];
    private float[] _keyBiases = [];

    /// <summary>Floats that a thread takes for the scores of a block of queries, where nobody listens to them.</summary>
    public static long ScoreFloats(int keys) => (long)QueryBlock * keys;

    /// <summary>
    /// Whether each head's keys are read by one item of attention, which may put them itself: it finds them in its own cache, and the
    /// threads need not wait for each other in between.
    /// </summary>
    private bool PutsKeysWithAttention(int layer)
    {
        foreach (RowSegment segment in _segments)
        {
            if (segment.Count > QueryBlock)
            {
                return false;
            }
        }

        return _keys.AreApart && _config.NHeads == _config.NKeyValueHeads && !ListensToAttention(layer);
    }

    private bool ListensToAttention(int layer) => _hooks.Wants(Hook.AttnScores(layer)) || _hooks.Wants(Hook.Pattern(layer));

    /// <summary>Scores, pattern and weighted sum of all heads.</summary>
    private void Attend(int layer)
    {
        HookPoint scores = Hook.AttnScores(layer), pattern = Hook.Pattern(layer);
        PrepareKeyBiases(layer);
        CountAttention();
        if (!ListensToAttention(layer))
        {
            AttentionParts parts = AttentionParts.All | (_attentionPutsKeys ? AttentionParts.Keys : 0);
            var job = new AttentionJob { Pass = this, Layer = layer, Parts = parts, Items = AttentionItems(0, _segments.Length) };
            WorkerPool.Run(job, job.Items.Count, _threads);
            return;
        }

        bool everyKey = _hooks.MayChange(scores) || _hooks.MayChange(pattern);
        for (int s = 0; s < _segments.Length; s++)
        {
            var job = new AttentionJob { Pass = this, Layer = layer, EveryKey = everyKey, Items = AttentionItems(s, 1) };
            Run(job with { Parts = AttentionParts.Scores });
            Offer(scores, s);
            Run(job with { Parts = AttentionParts.Softmax });
            Offer(pattern, s);
            Run(job with { Parts = AttentionParts.WeightedSum });
        }

        void Run(AttentionJob job) => WorkerPool.Run(job, job.Items.Count, _threads);
    }

    /// <summary>Offers the scores or patterns of one segment, [heads, queries, keys].</summary>
    private void Offer(HookPoint point, int s)
    {
        if (_hooks.Wants(point))
        {
            RowSegment segment = _segments[s];
            Span<float> values = _buffers.Attention.Rows(_config.NHeads * segment.Count, _keys.End(segment.Keys));
            _hooks.OnActivation(
                new Activation(point, segment.Sequence, segment.First, segment.Count, _config.NHeads, values));
            SequenceRows rows = segment.Offered with { Row = 0, Count = _config.NHeads * segment.Count };
            _hooks.OnBatch(new ActivationBatch(point, [rows], values, _keys.End(segment.Keys), _threads));
        }
    }

    /// <summary>The blocks of queries of some segments, head by head; the array is reused.</summary>
    private ArraySegment<AttentionItem> AttentionItems(int first, int segments)
    {
        int count = 0;
        for (int s = first; s < first + segments; s++)
        {
            for (int query = 0; query < _segments[s].Count; query += QueryBlock)
            {
                for (int h = 0; h < _config.NHeads; h++)
                {
                    if (count == _attentionItems.Length)
                    {
                        Array.Resize(ref _attentionItems, Math.Max(64, 2 * count));
                    }

                    _attentionItems[count++] = new AttentionItem(s, h, query, Math.Min(QueryBlock, _segments[s].Count - query));
                }
            }
        }

        return new ArraySegment<AttentionItem>(_attentionItems, 0, count);
    }

    private void RunAttention(in AttentionItem item, int layer, AttentionParts parts, bool everyKey)
    {
        RowSegment segment = _segments[item.Segment];
        if (parts.HasFlag(AttentionParts.Keys))
        {
            _keys.Put(item.Segment, item.Head);
        }

        int dHead = _config.DHead, width = _config.NHeads * dHead, keys = _keys.End(segment.Keys);
        fixed (float* biases = _keyBiases)
        {
            AttentionHead head = new()
            {
                Q = _buffers.Q.Pointer + ((nint)segment.Row * width) + (item.Head * dHead),
                QStride = width,
                Queries = segment.Count,
                DHead = dHead,
                Mask = new AttentionMask(_config.Causal, segment.First, _config.Window(layer), _slopes[item.Head]),
                Scale = _config.ScoreScale(layer),
                Cap = _config.ScoreSoftCap ?? 0,
                KeyBias = _keyBiases.Length == 0 ? null : biases + (item.Head * (_keyBiases.Length / _config.NHeads)),
            };
            _keys.Runs(segment.Keys, item.Head / (_config.NHeads / _config.NKeyValueHeads), out head.Past, out head.Own);
            head = head.Part(item.Query, item.Queries);
            float* scores = parts.HasFlag(AttentionParts.All)
                ? ThreadScratch.Take((nint)ScoreFloats(keys))
                : _buffers.Attention.Pointer + ((((nint)item.Head * segment.Count) + item.Query) * keys);
            if (parts.HasFlag(AttentionParts.Scores))
            {
                AttentionKernels.Scores(head, scores, keys);
            }

            if (parts.HasFlag(AttentionParts.Softmax))
            {
                AttentionKernels.Softmax(scores, item.Queries, keys, keys);
            }

            if (parts.HasFlag(AttentionParts.WeightedSum))
            {
                float* z = _buffers.Z.Pointer + ((nint)(segment.Row + item.Query) * width) + (item.Head * dHead);
                AttentionKernels.WeightedSum(head, everyKey, scores, keys, z, width);
            }
        }
    }

    /// <summary>Falcon's ALiBi, for as many keys as the longest sequence has.</summary>
    private void PrepareKeyBiases(int layer)
    {
        if (_config.Positions == PositionKind.Alibi && _config.RoundedAlibi)
        {
            int keys = 0;
            foreach (RowSegment segment in _segments)
            {
                keys = Math.Max(keys, _keys.End(segment.Keys));
            }

            _keyBiases = PositionTables.RoundedAlibi(_config.NHeads, keys, _config.ScoreScale(layer));
        }
    }

    /// <summary>
    /// z W_O + b_O, as the sum of the heads' results in order: the same bits whether or not somebody looks at, or
    /// replaces, single heads.
    /// </summary>
    private void WriteAttention(int layer, Linear output)
    {
        int heads = _config.NHeads, d = _config.DModel;
        Span<float> z = _buffers.Z.Rows(_rows, heads * _config.DHead), write = _buffers.Write.Rows(_rows, d);
        Count(_rows, output);
        if (!_hooks.Wants(Hook.Result(layer)))
        {
            MatrixProduct.MultiplyByBlocks(z, _rows, output.Weight, _config.DHead, output.Bias, write, _threads);
            return;
        }

        Span<float> results = _buffers.HeadStreams.Rows(_rows, heads * d);
        MatrixProduct.MultiplyEachBlock(z, _rows, output.Weight, _config.DHead, results, _threads);
        Fire(HookKind.Result, layer, results, heads * d, heads);
        RowJobs.SumHeads(_buffers.HeadStreams, heads, output.Bias, _buffers.Write, _rows, d, _threads);
    }

    /// <summary>As <see cref="WriteAttention"/>, added to the stream at once.</summary>
    private void AddAttention(Linear output)
    {
        Span<float> stream = _buffers.Stream.Rows(_rows, _config.DModel);
        Count(_rows, output);
        MatrixProduct.MultiplyByBlocks(
            _buffers.Z.Rows(_rows, output.Inputs), _rows, output.Weight, _config.DHead, output.Bias, stream, _threads,
            epilogue: Epilogue.Add(stream));
    }

    [Flags]
    private enum AttentionParts
    {
        Scores = 1,
        Softmax = 2,
        WeightedSum = 4,
        All = Scores | Softmax | WeightedSum,
        Keys = 8,
    }

    private readonly record struct AttentionItem(int Segment, int Head, int Query, int Queries);

    private struct AttentionJob : IParallelJob
    {
        public ForwardPass<THooks> Pass;
        public int Layer;
        public AttentionParts Parts;
        public bool EveryKey;
        public ArraySegment<AttentionItem> Items;

        public readonly void Run(int item) => Pass.RunAttention(Items.Array![item], Layer, Parts, EveryKey);
    }
}
