using System.Numerics.Tensors;
using Interp.Hooks;

namespace Interp.Runtime.Forward;

internal sealed unsafe partial class ForwardPass<THooks>
{
    private enum EmbedIndex
    {
        Position,
        TokenType,
    }

    /// <summary>Fills the stream with the embeddings of the rows.</summary>
    /// <param name="batch">The sequences.</param>
    /// <param name="starts">Position of each sequence's first token in the batch.</param>
    public void Embed(TokenBatch batch, ReadOnlySpan<int> starts)
    {
        int d = _config.DModel;
        FloatBlock stream = _buffers.Stream, other = _buffers.Write;
        GatherTokens(stream, batch, starts);
        if (_config.EmbedScale != 1)
        {
            Span<float> rows = stream.Rows(_rows, d);
            TensorPrimitives.Multiply(rows, _config.EmbedScale, rows);
        }

        Fire(HookKind.Embed, -1, stream, d);
        if (_config.Positions == PositionKind.Learned)
        {
            EmbedPositions(other, batch, starts);
            RowJobs.Add(stream, other, _rows, d, _threads);
        }

        if (_config.TokenTypes > 0)
        {
            Gather(EmbedIndex.TokenType, _weights.TokenTypeEmbedding, other, batch, starts);
            Fire(HookKind.TokenTypeEmbed, -1, other, d);
            RowJobs.Add(stream, other, _rows, d, _threads);
        }

        if (_weights.EmbedNorm is { } norm)
        {
            ApplyNorm(stream, norm, HookKind.EmbedNormScale, HookKind.EmbedNormNormalized, -1, stream);
            Fire(HookKind.FullEmbed, -1, stream, d);
        }

        if (_config.Positions == PositionKind.Shortformer)
        {
            EmbedPositions(_buffers.PositionRows, batch, starts);
        }
    }

    /// <summary>What shortformer adds to the input of queries and keys, for rows that join above the embeddings.</summary>
    public void FillPositionRows()
    {
        if (_config.Positions == PositionKind.Shortformer)
        {
            foreach (RowSegment segment in _segments)
            {
                int d = _config.DModel;
                _weights.PositionEmbedding.AsSpan(segment.First * d, segment.Count * d)
                    .CopyTo(_buffers.PositionRows.From(segment.Row, d).Span);
            }
        }
    }

    private void EmbedPositions(FloatBlock destination, TokenBatch batch, ReadOnlySpan<int> starts)
    {
        Gather(EmbedIndex.Position, _weights.PositionEmbedding, destination, batch, starts);
        Fire(HookKind.PosEmbed, -1, destination, _config.DModel);
    }

    private void GatherTokens(FloatBlock destination, TokenBatch batch, ReadOnlySpan<int> starts)
    {
        var tokens = new int[_rows];
        foreach (RowSegment segment in _segments)
        {
            batch.Tokens(segment.Sequence).Slice(segment.First - starts[segment.Sequence], segment.Count).CopyTo(tokens.AsSpan(segment.Row));
        }

        RowJobs.Gather(_weights.TokenEmbedding, tokens, destination, _threads);
    }

    private void Gather(
        EmbedIndex index, float[] table, FloatBlock destination, TokenBatch batch, ReadOnlySpan<int> starts)
    {
        int d = _config.DModel;
        foreach (RowSegment segment in _segments)
        {
            ReadOnlySpan<int> types = batch.TokenTypes(segment.Sequence);
            int offset = segment.First - starts[segment.Sequence];
            Span<float> rows = destination.From(segment.Row, d).Rows(segment.Count, d);
            for (int i = 0; i < segment.Count; i++)
            {
                int row = index switch
                {
                    EmbedIndex.Position => segment.First + i,
                    _ => types.IsEmpty ? 0 : types[offset + i],
                };
                table.AsSpan(row * d, d).CopyTo(rows[(i * d)..]);
            }
        }
    }
}
