using Interp.Runtime;

namespace Interp.Cli;

/// <summary>Prints a text as its tokens come. A character may take several tokens; it is printed when it is whole.</summary>
internal sealed class TextStream
{
    private const char Incomplete = '\uFFFD';

    private readonly TransformerModel _model;
    private readonly TextWriter _writer;
    private readonly List<int> _tokens;
    private int _printed;

    /// <summary>Prints the prompt.</summary>
    public TextStream(TransformerModel model, IReadOnlyList<int> prompt, TextWriter writer)
    {
        _model = model;
        _writer = writer;
        _tokens = [.. prompt];
        Print(Text());
    }

    /// <summary>Takes the next token.</summary>
    public void Add(int token)
    {
        _tokens.Add(token);
        string text = Text();
        if (!text.EndsWith(Incomplete))
        {
            Print(text);
        }
    }

    /// <summary>Prints what is left and ends the line.</summary>
    public void End()
    {
        Print(Text());
        _writer.WriteLine();
    }

    private string Text() => _model.Tokenizer?.Decode([.. _tokens]) ?? string.Join(' ', _tokens);

    private void Print(string text)
    {
        if (text.Length > _printed)
        {
            _writer.Write(text.AsSpan(_printed));
            _writer.Flush();
            _printed = text.Length;
        }
    }
}
